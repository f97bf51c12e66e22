"""The model ``advanced``: what kind of a rise it is, beside how large. Seven components, each from signals that exist.

Here: the model. Not here: the strength it starts from (``robust``), who shows it (etheatmap_api).
"""
