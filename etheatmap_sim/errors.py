"""What can go wrong when the simulator is started, each as one plain sentence for the terminal."""


class SimulatorError(Exception):
    """The simulator cannot start as asked; the message names the thing and the remedy."""
