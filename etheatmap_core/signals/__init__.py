"""What a source writes: signals (one metric of one entity in one hour), and how upstream bytes become them.

Here: the row itself and one parser an upstream. Not here: asking upstreams (assets) or judging the numbers (scoring).
"""
