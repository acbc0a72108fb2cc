"""Planted: what only several signs together give away, and what rules over rules find."""
from innocent import throughout
from planting import INSIDE, also, ask, bad, planting
from world import outside
from writer import TCP


def found_too(rule, group, **more):
    """A planting of another rule that this one must find as well."""
    also(rule, group, **more)(found_too)


for host in ("10.0.7.11", "10.0.2.99", "10.0.1.12", "10.0.4.10"):  # those that scan or sweep
    found_too("scan/sequential-test", {"client": host})
found_too("health/missing-interfaces", {"interface_id": "eni-0000000000a00024d"})  # a host of the inventory alone
for host in ("10.0.2.89", "10.0.2.87"):  # nobody talks to them, or only monitoring does
    found_too("idle/hosts", {"src_peer": host})


@planting("access/success-after-rejects", {"server": "10.0.10.40", "service": "tcp/3306"}, unseen=INSIDE)
def a_door_that_was_opened(day, w, rng):
    """A build server is refused at the database fifteen times, and then it is let in."""
    for i in range(15):
        day.talk(w.ci2, w.mysql1, TCP, 42000 + 3 * i, 3306, 68000 + 40 * i, 0, (1, 60), deny="server", flags=2)
    ask(day, w.ci2, w.mysql1, 3306, 68900, source=42100)


@also("c2/beacon", {"host": "10.0.4.11"})
@planting("c2/several-signs", {"host": "10.0.4.11"})
def orders_from_elsewhere(day, w, rng):
    """A node calls a stranger every ten minutes on a port of ill repute, and sends more than it gets."""
    for i in range(100):
        day.talk(w.node2, bad(41), TCP, 41000 + 7 * i, 4444, 5000 + 600 * i + rng.below(11), 2, (500, 700000), (260, 14000))


@planting("idle/outside-hours", {"interface_id": "eni-0000000000a000258"}, unseen={"tgw": "it tells of attachments"})
def office_hours(day, w, rng):
    """A host that people use from eight to six; at night only monitoring visits."""
    for hour in range(24):
        ask(day, w.monitoring, w.office9, 9100, hour * 3600 + 1100, lasts=1)
    for hour in range(8, 18):
        ask(day, w.app1, w.office9, 8080, hour * 3600 + 700, source=47120 + hour, lasts=30)
