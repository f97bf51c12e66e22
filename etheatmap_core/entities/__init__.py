"""Who is tracked, and where texts name them.

Here: rows of `entities`, facts about them, the one matcher of names, how texts feel. Not here: reading configs/
(config), what the texts are (signals).
"""
