"""How often Python looks for garbage in a process that serves."""

import gc

# The new objects after which Python looks through the youngest generation, and the number of such looks after which it
# looks through the next generation, and likewise through the oldest. Python's own (700, 10, 10) look far more often
# through everything; see bench/PROFILES.md, Garbage.
THRESHOLDS = (1_000, 5, 250)


def spare_loaded_objects() -> None:
    """Takes what a process has loaded out of the garbage collector's sight, and has it look less often.

    Called once when the application starts: Django's modules and the application's stay as long as the process, and
    looking through them again stops all clients for tens of milliseconds. A broadcast costs an eighth less without.
    """
    if gc.get_threshold() == THRESHOLDS:
        return
    gc.collect()  # What is garbage already would stay for ever.
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
