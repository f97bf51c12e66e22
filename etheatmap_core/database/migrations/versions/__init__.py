"""One module a revision, five lines each: its number, its predecessor, its file of sql/.

Here: nothing else. Not here: downgrades; the way back is a backup.
"""
