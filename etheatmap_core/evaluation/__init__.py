"""How good the platform's judgements are, measured on labelled data.

Here: pure comparison of what was said with what is true. Not here: reading labelled files (the folder evaluation).
"""
