"""Measurements on labelled data: `python -m evaluation.matching`.

Here: labels, the roster they speak of, own sentences, and how recorded texts are read. Not here: recorded texts (labels
point into the folder of recordings) and the counting (etheatmap_core.evaluation).
"""
