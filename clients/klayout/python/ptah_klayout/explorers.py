"""The strategies of explorations: which the server has, and what designers call them."""

# In the order in which they are offered; what is not here is the user's own, and comes after them under its own name.
NAMES = {"annealing": "Simulated annealing", "cmaes": "CMA-ES on wiring, genetic on fingers", "genetic": "Genetic algorithm",
         "bayesian": "Bayesian optimisation", "greedy": "Hill climbing with restarts",
         "halving": "Successive halving of assignments", "rl": "Reinforcement learning",
         "random": "Random assignments, none twice", "walk": "Random walk, as OSIRIS does it",
         "exhaustive": "Every assignment, one after the other"}
FOR_RUNS = ("guided",)           # makes variants of one assignment


class Explorers:
    """Names and descriptions, asked for once a connection."""

    def __init__(self, connection):
        self._connection, self.found, self.handlers = connection, [], []
        connection.state_handlers.append(self._on_state)

    def _on_state(self, state):
        if state == "ready":
            self.ask()

    def ask(self):
        self._connection.request("plugin.list", {}, self._on_plugins)

    def _on_plugins(self, result, error):
        if error:
            return
        there = {plugin["name"]: plugin.get("description", "") for plugin in result["plugins"]
                 if plugin["kind"] == "explorer" and plugin["state"] == "ready" and plugin["name"] not in FOR_RUNS}
        own = sorted(name for name in there if name not in NAMES)
        found = [(name, there[name]) for name in [name for name in NAMES if name in there] + own]
        if found == self.found:
            return
        self.found = found
        for handler in list(self.handlers):
            handler()


def words_of(name):
    return NAMES.get(name, name)
