"""How the faults of the bad day are planted. `PLANTINGS` lists them:

rule        which must find it, with one finding
group       that finding's identity; a value may be a table of versions, where they see different addresses
versions    those that can show it
measures    values that the finding must tell, since they were planted
unseen      of other versions in which the rule is evaluated: why it cannot see this planting there
"""
from world import outside
from writer import TCP, Rng

PLANTINGS = []
AWS = ("v2", "v5")
ALL = ("v2", "v5", "tgw")
INSIDE = {"tgw": "it stays within the VPC"}


def planting(rule, group, versions=AWS, unseen=None, measures=None, again=False):
    """Registers the function below as what plants an instance for `rule`; again: for another rule, too."""
    def register(function):
        PLANTINGS.append({"rule": rule, "group": group, "versions": versions, "unseen": unseen or {},
                          "measures": measures or {},
                          "what": " ".join((function.__doc__ or "").split()), "plant": None if again else function})
        return function
    return register


def also(rule, group, versions=AWS, unseen=None, measures=None):
    """Another rule that must find the same planting, under an identity of its own."""
    return planting(rule, group, versions, unseen, measures, again=True)


def hosts(world):
    """Adds the hosts that only the bad day has. One of them is in the inventory and was never seen."""
    new = [world.add("jump9", "10.0.3.99", "a", "public"), world.add("open9", "10.0.1.98", "a", "public"),
           world.add("rogue9", "10.0.2.99", "b"), world.add("spare9", "10.0.2.89", "a"),
           world.add("blind9", "10.0.2.87", "a"), world.add("office9", "10.0.2.88", "a")]
    world.add("ghost9", "10.0.2.77", "a")
    return new


def play(day):
    new = hosts(day.world)
    day.learn()
    for entry in PLANTINGS:
        if entry["plant"]:
            entry["plant"](day, day.world, Rng(entry["rule"]))
    day.idle(new)


def bad(number):
    """A host on the internet that nobody should talk to; up to 15 they are on the policy's list of threats."""
    return outside(f"198.19.240.{number}")


def ask(day, client, server, port, at, protocol=TCP, source=45678, lasts=20, up=(20, 2400), down=(22, 9000)):
    """A small conversation that is answered."""
    day.talk(client, server, protocol, source, port, at, lasts, up, down)
