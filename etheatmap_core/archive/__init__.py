"""What upstreams answered, byte for byte, and what is derived from it: the raw archive and the lake.

Here: folders, content hashes, the table ``captures``, quarantine, retention. Not here: what the bytes mean (signals).
"""

from etheatmap_core.archive.raw_archive import Capture, RawArchive, Received, RetentionResult

__all__ = ["Capture", "RawArchive", "Received", "RetentionResult"]
