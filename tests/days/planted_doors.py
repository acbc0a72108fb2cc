"""Planted: doors that should be closed, and those who try them."""
from innocent import throughout
from planting import ALL, INSIDE, also, ask, planting
from world import beyond, outside
from writer import TCP, UDP


# Exposure: a host with a public address and too much listening on it, and a jump host open to the world.

@planting("exposure/admin-ports", {"server": "10.0.3.99", "service": "tcp/22"})
def ssh_from_the_internet(day, w, rng):
    """A jump host with a public address and port 22 open to the world."""
    ask(day, outside("198.18.200.9"), w.jump9, 22, 39000, lasts=45)


@planting("exposure/admin-ports", {"server": "2001:db8:1:2::21", "service": "tcp/22"})
def ssh_over_six(day, w, rng):
    """An application server whose SSH is closed to the internet, but not to that of IPv6."""
    ask(day, outside("2001:db8:fffd::9"), w.app6, 22, 39500, lasts=45)


def exposed(rule, port, protocol, what):
    def plant(day, w, rng):
        ask(day, outside(f"198.18.200.{20 + len(rule) + port % 97}"), w.open9, port, 39000 + port % 3600, protocol)
    plant.__doc__ = what
    planting(rule, {"server": "10.0.1.98", "service": f"{'tcp' if protocol == TCP else 'udp'}/{port}"})(plant)


exposed("exposure/databases", 27017, TCP, "A document database that answers the internet.")
exposed("exposure/smb-rpc", 445, TCP, "A file share that answers the internet.")
exposed("exposure/cleartext", 21, TCP, "FTP without encryption that answers the internet.")
exposed("exposure/container-apis", 2375, TCP, "The API of a container engine that answers the internet.")
exposed("exposure/messaging", 5672, TCP, "A message broker that answers the internet.")
exposed("exposure/amplifiers", 161, UDP, "SNMP that answers the internet.")
exposed("exposure/other-services", 9443, TCP, "A console on a port that nobody approved for the internet.")


# Access and segmentation.

@also("lateral/relay", {"host": "10.0.1.11"})
@planting("access/admin-not-from-bastion", {"server": "10.0.11.5", "service": "tcp/22"})
def ssh_from_a_web_server(day, w, rng):
    """SSH from a web server, where the bastion logs in too, to the cache."""
    ask(day, w.web1, w.cache1, 22, 40100, lasts=200)


@planting("access/brute-force", {"server": "10.0.3.10", "service": "tcp/22"})
def guessed_passwords(day, w, rng):
    """Sixty short SSH connections from on-premises to the bastion in eight minutes."""
    guesser = beyond("172.20.1.66", "onprem")
    for i in range(60):
        ask(day, guesser, w.bastion, 22, 40500 + 8 * i + rng.below(4), source=40000 + 11 * i, lasts=2, up=(14, 1900),
            down=(15, 2700))


@planting("access/partner-scope", {"server": "10.0.0.40", "service": "tcp/8443"})
def a_partner_beyond_the_agreed(day, w, rng):
    """A partner uses a management port that was not agreed."""
    ask(day, outside("203.0.113.6"), w.nlb_b, 8443, 41500)


@planting("segmentation/db-port", {"server": "10.0.10.40", "service": "tcp/5432"})
def web_to_database(day, w, rng):
    """A web server queries a database without the app tier between."""
    ask(day, w.web1, w.mysql1, 5432, 41000)


@planting("segmentation/cross-environment", {"server": "10.0.2.21", "service": "tcp/8080"})
@also("segmentation/transit-paths", {"server": "10.0.2.21", "service": "tcp/8080"}, ("tgw",))
def dev_to_prod(day, w, rng):
    """A host of dev calls the application in production, over the transit gateway."""
    ask(day, beyond("10.2.2.11", "dev"), w.app1, 8080, 42000)


@planting("segmentation/crown-jewels", {"server": "10.0.10.6", "service": "tcp/8443"})
def build_server_to_the_crown(day, w, rng):
    """A build server opens a console on a host of the crown."""
    ask(day, w.ci2, w.db2, 8443, 42500)


@planting("segmentation/crown-jewels-outward", {"client": "10.0.10.6", "service": "tcp/8080"})
def the_crown_calls_out(day, w, rng):
    """A database of the crown opens a conversation to a web server."""
    ask(day, w.db2, w.web2, 8080, 43000)


# Scans.

@planting("scan/sequential-ports", {"server": "10.0.1.11"}, ALL, measures={"run": 10, "ports": 10})
def ports_in_order(day, w, rng):
    """Ten ports of a host, one after the other, from on-premises; closed ports answer by resets."""
    scanner = beyond("172.20.1.91", "onprem")
    for i in range(10):
        day.talk(scanner, w.web1, TCP, 45000 + 7 * i, 7100 + i, 46000 + 2 * i, 0, (1, 60), reset=True)


@planting("scan/vertical", {"server": "10.0.20.6"}, measures={"ports": 70})
def many_ports_of_one_host(day, w, rng):
    """Seventy ports of a host in eight minutes, in no order; resets."""
    scanner = beyond("172.20.1.90", "onprem")
    for i in range(70):
        day.talk(scanner, w.files1, TCP, 45000 + 7 * i, 21 + (i * 31 % 70) * 113, 47000 + 7 * i, 0, (1, 60), reset=True)


@also("scan/dark-addresses", {"src_peer": "10.0.7.11"}, unseen=INSIDE, measures={"addresses": 30})
@planting("scan/horizontal", {"client": "10.0.7.11", "service": "tcp/8081"}, measures={"hosts": 30})
def one_port_of_many_hosts(day, w, rng):
    """A build server tries one port on thirty addresses of a subnet that mostly do not exist."""
    for i in range(30):
        day.talk(w.ci2, beyond(f"10.0.1.{100 + i}", "vpc"), TCP, 46000 + 3 * i, 8081, 48000 + 9 * i, 0, (1, 60),
                 flags=2)


@planting("scan/slow", {"client": "10.0.7.10"})
def one_probe_every_twenty_minutes(day, w, rng):
    """A build server tries another port of the application every twenty minutes, all day."""
    for at in throughout(rng, 1200, 400):
        day.talk(w.ci1, w.app1, TCP, rng.port(), 1025 + at // 1200 * 67, at, 0, (1, 60), reset=True)


@planting("scan/dark-addresses", {"src_peer": "10.0.2.99"}, unseen=INSIDE, measures={"addresses": 9})
def addresses_that_nobody_has(day, w, rng):
    """A host tries addresses in a range that is not in use."""
    for i in range(9):
        day.talk(w.rogue9, beyond(f"10.0.99.{10 + 3 * i}", "vpc"), TCP, 46000 + 3 * i, (443, 8443, 8080)[i % 3],
                 49000 + 50 * i,
                 0, (1, 60), flags=2)


# Lateral movement: the targets refuse.

SWEPT = "web1 web2 app1 app2 node1 node2 monitoring dc1 dc2 ci1 db1 db2 mysql1 cache1 backup1 files1".split()


def sweep(day, w, client, port, first, rng, targets):
    for i, name in enumerate(targets):
        if w.hosts[name] is not client:
            day.talk(client, w.hosts[name], TCP, rng.port(), port, first + 60 * i, 2, (2, 120), deny="server", flags=2)


@planting("lateral/admin-fan-out", {"client": "10.0.2.99"}, unseen=INSIDE, measures={"hosts": 16})
def ssh_to_everybody(day, w, rng):
    """A host tries SSH on sixteen others, which refuse."""
    sweep(day, w, w.rogue9, 22, 50460, rng, SWEPT)


@planting("lateral/smb-fan-out", {"client": "10.0.1.12"}, unseen=INSIDE, measures={"hosts": 15})
def smb_to_everybody(day, w, rng):
    """A web server tries SMB on fifteen others, which refuse."""
    sweep(day, w, w.web2, 445, 52000, rng, SWEPT)


@planting("lateral/database-sweep", {"client": "10.0.4.10"}, unseen=INSIDE, measures={"hosts": 11})
def databases_everywhere(day, w, rng):
    """A node looks for databases on eleven hosts, which refuse."""
    sweep(day, w, w.node1, 3306, 54000, rng, SWEPT[:5] + SWEPT[6:13])
