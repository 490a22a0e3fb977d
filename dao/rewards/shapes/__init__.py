"""The shapes of a schedule, one file each: their parameters, and the amounts that follow from these."""
