"""The rules of discovery that an operator may set (configs/discovery.yml), with their published values.

Here: numbers and what they mean. Not here: what follows from them (``wiki_spikes``, ``admission``, ``lifecycle``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True)
class SpikeRules:
    """least_views: of the hour, below it nothing is tested; least_z: after the guards, what makes a spike."""

    least_views: int = 20
    least_z: float = 3.5


@dataclass(frozen=True)
class AdmissionRules:
    """The contract's rule, and the operator's switch. One source type relaxes it where Wikipedia is alone."""

    is_enabled: bool = True  # entity_discovery in sources.yml
    least_source_types: int = 2
    window_hours: int = 12
    least_z: float = 1.8

    def __post_init__(self) -> None:
        if self.least_source_types < 1 or self.window_hours < 1:
            raise ValueError(f"{self}: at least one source type and one hour are needed")


@dataclass(frozen=True)
class LifecycleRules:
    """quiet_days without activity and no score above low_heat: an entity falls asleep. wake_z of a spike wakes it."""

    quiet_days: int = 7
    low_heat: float = 0.5
    wake_z: float = 1.8


@dataclass(frozen=True)
class DiscoveryRules:
    """All of discovery.yml. ``source_types``: source → type; sources of one type prove spread once."""

    source_types: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    spikes: SpikeRules = SpikeRules()
    admission: AdmissionRules = AdmissionRules()
    lifecycle: LifecycleRules = LifecycleRules()
