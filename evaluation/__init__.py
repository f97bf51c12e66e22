"""Measurements on labelled data: `python -m evaluation.matching` (names), `python -m evaluation.detection` (events).

Here: labels, the roster they speak of, own sentences, how recordings are read, the tiers of series. Not here: recorded
texts and series (labels point into the folder of recordings) and the counting (etheatmap_core.evaluation).
"""
