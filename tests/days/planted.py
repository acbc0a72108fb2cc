"""What is wrong with the bad day: one planted instance of each thing that the catalogue looks for.

`PLANTINGS` lists them: the rule that must find it, the identity of the one finding, and the versions that can show it.
`unseen` says of a version in which the rule is evaluated why it cannot see this planting there.
"""
from innocent import throughout
from world import beyond, outside
from writer import ICMP, TCP, UDP, Rng

PLANTINGS = []
AWS = ("v2", "v5")
ALL = ("v2", "v5", "tgw")


def planting(rule, group, versions=AWS, unseen=None):
    """Registers the function below as what plants an instance for `rule`."""
    def register(function):
        PLANTINGS.append({"rule": rule, "group": group, "versions": versions, "unseen": unseen or {},
                          "what": " ".join((function.__doc__ or "").split()), "plant": function})
        return function
    return register


def hosts(world):
    """Hosts that only the bad day has."""
    world.add("jump9", "10.0.3.99", "a", "public")
    world.add("open9", "10.0.1.98", "a", "public")


def play(day):
    for entry in PLANTINGS:
        entry["plant"](day, day.world, Rng(entry["rule"]))


# Exposure: two hosts with public addresses that nobody should have made.

@planting("exposure/admin-ports", {"server": "10.0.3.99", "service": "tcp/22"})
def ssh_from_the_internet(day, w, rng):
    """A jump host with a public address and port 22 open to the world."""
    day.talk(outside("198.18.200.9"), w.jump9, TCP, 51515, 22, 39000, 45, (60, 7200), (55, 9300))


@planting("exposure/databases", {"server": "10.0.1.98", "service": "tcp/27017"})
def mongo_from_the_internet(day, w, rng):
    """A document database that answers the internet."""
    day.talk(outside("198.18.200.10"), w.open9, TCP, 42424, 27017, 40000, 20, (30, 2600), (60, 88000))


@planting("segmentation/db-port", {"client": "10.0.1.11", "server": "10.0.10.40", "service": "tcp/5432"})
def web_to_database(day, w, rng):
    """A web server queries a database without the app tier between."""
    day.talk(w.web1, w.mysql1, TCP, 47110, 5432, 41000, 6, (14, 1900), (12, 5200))


@planting("scan/sequential-ports", {"server": "10.0.1.11"}, ALL)
def ports_in_order(day, w, rng):
    """Ten ports of a host, one after the other, from on-premises; closed ports answer by resets."""
    scanner = beyond("172.20.1.91", "onprem")
    for i in range(10):
        day.talk(scanner, w.web1, TCP, 45000 + 7 * i, 7100 + i, 46000 + 2 * i, 0, (1, 60), reset=True)


@planting("denied/hot-spots", {"server": "10.0.2.22"})
def a_client_that_does_not_give_up(day, w, rng):
    """A broken client on-premises retries a blocked service of one host, 150 times in an hour."""
    client = beyond("172.20.1.101", "onprem")
    for i in range(150):
        day.talk(client, w.app2, TCP, 40000 + i * 3, 8443, 50400 + i * 20 + rng.below(9), 0, (1, 60), deny="server", flags=2)
