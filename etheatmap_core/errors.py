"""Everything that can go wrong, as the states people see. Each message is one sentence: what, where, what to do."""


class EtHeatmapError(Exception):
    """Base of every error that is shown to a person as it is, without a stack trace."""


class ConfigError(EtHeatmapError):
    """A setting or a file in configs/ is wrong; the message names file, line, field and what was expected."""


class DatabaseUnavailableError(EtHeatmapError):
    """No database could be reached or started."""


class NotPublishedYetError(EtHeatmapError):
    """The upstream has nothing for this partition yet: a state of its own, no failure and no alarm."""


class UpstreamUnreachableError(EtHeatmapError):
    """The upstream could not be asked: no network, a refused connection, a timeout, a 5xx after all retries."""


class CorruptCaptureError(EtHeatmapError):
    """The upstream's answer is not what it claims to be (cut short, bad CRC, unreadable): quarantined, asked again."""


class ChecksFailedError(EtHeatmapError):
    """A check before COMMIT failed: nothing was written.

    ``results`` holds the outcome of every check of the write, the failed ones among them.
    """

    def __init__(self, message: str, results: "tuple[object, ...]" = ()) -> None:
        super().__init__(message)
        self.results = results
