"""Discovery: what breaks out though nobody tracks it, whether it is admitted, how long it stays awake.

Here: spikes in the lake, candidates, the rules of admission and of sleep; pure but for reading lake files.
Not here: asking upstreams, assets, the roster's tables (entities).
"""
