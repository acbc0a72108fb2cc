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
