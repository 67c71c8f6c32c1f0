"""What a run or an exploration is for: as the choices say it, and how its numbers are shown."""

# objective -> (the choice, what the best layout has least of, factor, unit)
OBJECTIVES = {"pscore": ("Best score", "score", 1e3, "mV"),
              "pscore_relative": ("Best score, relative to the schematic", "relative score", 100, "%"),
              "drift": ("Least drift of any measure", "worst drift of a measure", 100, "%"),
              "area": ("Smallest area", "area", 1, "µm²"),
              "device_area": ("Smallest area of the devices", "area of the devices", 1, "µm²"),
              "balanced": ("Score × area", "score × area", 1e3, "mV·µm²"),
              "hpwl": ("Shortest wiring", "wiring", 1, "µm")}
CHOICES = [(words[0], name) for name, words in OBJECTIVES.items()]


def axis(objective):
    """(what, factor, unit)"""
    return OBJECTIVES.get(objective, ("", "cost", 1, ""))[1:]


def cost_text(objective, cost):
    _, factor, unit = axis(objective)
    return f"{cost * factor:.4g} {unit}".strip()
