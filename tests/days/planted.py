"""What is wrong with the bad day: one planted instance of each thing that the catalogue looks for.

`PLANTINGS` lists them: the rule that must find it, the identity of the one finding (a table of versions where they see
different addresses), and the versions that can show it.
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
    """Hosts that only the bad day has; the last two are in the inventory, and one of them was never seen."""
    new = [world.add("jump9", "10.0.3.99", "a", "public"), world.add("open9", "10.0.1.98", "a", "public"),
           world.add("rogue9", "10.0.2.99", "b"), world.add("spare9", "10.0.2.89", "a"),
           world.add("blind9", "10.0.2.87", "a")]
    world.add("ghost9", "10.0.2.77", "a")
    return new


def play(day):
    new = hosts(day.world)
    day.learn()
    for entry in PLANTINGS:
        if entry["plant"]:
            entry["plant"](day, day.world, Rng(entry["rule"]))
    day.idle(new)


def also(rule, group, versions=AWS, unseen=None):
    """Another rule that must find the same planting, under its own identity."""
    def register(function):
        PLANTINGS.append({"rule": rule, "group": group, "versions": versions, "unseen": unseen or {},
                          "what": " ".join((function.__doc__ or "").split()), "plant": None})
        return function
    return register


INSIDE = {"tgw": "it stays within the VPC"}


def bad(number):
    """A host on the internet that nobody should talk to."""
    return outside(f"198.19.240.{number}")


def ask(day, client, server, port, at, protocol=TCP, source=45678, lasts=20, up=(20, 2400), down=(22, 9000), **more):
    """A small conversation that is answered."""
    day.talk(client, server, protocol, source, port, at, lasts, up, down, **more)


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

@planting("access/admin-not-from-bastion", {"server": "10.0.11.5", "service": "tcp/22"})
def ssh_from_a_web_server(day, w, rng):
    """SSH from a web server to the cache, past the bastion."""
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


@planting("segmentation/db-port", {"client": "10.0.1.11", "server": "10.0.10.40", "service": "tcp/5432"})
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

@planting("scan/sequential-ports", {"server": "10.0.1.11"}, ALL)
def ports_in_order(day, w, rng):
    """Ten ports of a host, one after the other, from on-premises; closed ports answer by resets."""
    scanner = beyond("172.20.1.91", "onprem")
    for i in range(10):
        day.talk(scanner, w.web1, TCP, 45000 + 7 * i, 7100 + i, 46000 + 2 * i, 0, (1, 60), reset=True)


@planting("scan/vertical", {"server": "10.0.20.6"})
def many_ports_of_one_host(day, w, rng):
    """Seventy ports of a host in eight minutes, in no order; resets."""
    scanner = beyond("172.20.1.90", "onprem")
    for i in range(70):
        day.talk(scanner, w.files1, TCP, 45000 + 7 * i, 21 + (i * 31 % 70) * 113, 47000 + 7 * i, 0, (1, 60), reset=True)


@planting("scan/horizontal", {"client": "10.0.7.11", "service": "tcp/8081"})
def one_port_of_many_hosts(day, w, rng):
    """A build server tries one port on thirty addresses of a subnet that mostly do not exist."""
    for i in range(30):
        day.talk(w.ci2, beyond(f"10.0.1.{100 + i}", "vpc"), TCP, 46000 + 3 * i, 8081, 48000 + 9 * i, 0, (1, 60), flags=2)


@planting("scan/slow", {"client": "10.0.7.10"})
def one_probe_every_twenty_minutes(day, w, rng):
    """A build server tries another port of the application every twenty minutes, all day."""
    for at in throughout(rng, 1200, 400):
        day.talk(w.ci1, w.app1, TCP, rng.port(), 1025 + at // 1200 * 67, at, 0, (1, 60), reset=True)


@planting("scan/dark-addresses", {"src_peer": "10.0.2.99"}, unseen=INSIDE)
def addresses_that_nobody_has(day, w, rng):
    """A host tries addresses in a range that is not in use."""
    for i in range(9):
        day.talk(w.rogue9, beyond(f"10.0.99.{10 + 3 * i}", "vpc"), TCP, 46000 + 3 * i, (443, 8443, 8080)[i % 3], 49000 + 50 * i,
                 0, (1, 60), flags=2)


# Lateral movement: the targets refuse.

SWEPT = "web1 web2 app1 app2 node1 node2 monitoring dc1 dc2 ci1 db1 db2 mysql1 cache1 backup1 files1".split()


def sweep(day, w, client, port, first, rng, targets):
    for i, name in enumerate(targets):
        if w.hosts[name] is not client:
            day.talk(client, w.hosts[name], TCP, rng.port(), port, first + 60 * i, 2, (2, 120), deny="server", flags=2)


@planting("lateral/admin-fan-out", {"client": "10.0.2.99"}, unseen=INSIDE)
def ssh_to_everybody(day, w, rng):
    """A host tries SSH on sixteen others, which refuse."""
    sweep(day, w, w.rogue9, 22, 50460, rng, SWEPT)


@planting("lateral/smb-fan-out", {"client": "10.0.1.12"}, unseen=INSIDE)
def smb_to_everybody(day, w, rng):
    """A web server tries SMB on fifteen others, which refuse."""
    sweep(day, w, w.web2, 445, 52000, rng, SWEPT)


@planting("lateral/database-sweep", {"client": "10.0.4.10"}, unseen=INSIDE)
def databases_everywhere(day, w, rng):
    """A node looks for databases on eleven hosts, which refuse."""
    sweep(day, w, w.node1, 3306, 54000, rng, SWEPT[:5] + SWEPT[6:13])


# What leaves.

@planting("egress/admin-out", {"client": "10.0.2.22", "service": "tcp/22"})
def ssh_out(day, w, rng):
    """An application server keeps SSH to a host on the internet."""
    ask(day, w.app2, bad(22), 22, 56000, lasts=900)


@planting("egress/cleartext", {"client": "10.0.2.21", "service": "tcp/21"})
def ftp_out(day, w, rng):
    """An application server uses FTP on the internet."""
    ask(day, w.app1, bad(21), 21, 56100)


@planting("egress/databases-out", {"client": "10.0.2.21", "service": "tcp/3306"})
def database_on_the_internet(day, w, rng):
    """An application server uses a database somewhere on the internet."""
    ask(day, w.app1, bad(23), 3306, 56200)


@planting("egress/databases-to-internet", {"client": "10.0.10.40", "service": "tcp/443"})
def the_database_calls_out(day, w, rng):
    """A database opens a conversation to the internet."""
    ask(day, w.mysql1, bad(24), 443, 56300)


@planting("egress/direct-smtp", {"client": {"v2": "10.0.4.11", "v5": "10.0.4.96"}})
def mail_from_a_pod(day, w, rng):
    """A pod delivers mail itself; v2 knows the node only."""
    ask(day, w.pod3, bad(25), 25, 56400)


@planting("egress/foreign-time", {"src_peer": "10.0.7.10"})
def a_clock_elsewhere(day, w, rng):
    """A build server asks a time server on the internet."""
    for i in range(4):
        day.talk(w.ci1, bad(123), UDP, 123, 123, 56500 + 1024 * i, 0, (1, 76), (1, 76), nat_port=20000 + i)


@planting("egress/odd-protocols", {"src_peer": "10.0.1.12"})
def ip_in_ip(day, w, rng):
    """A web server sends packets within packets."""
    day.talk(w.web2, bad(26), 94, 0, 0, 56600, 50, (40, 22000))


@planting("egress/past-nat", {"client": "10.0.1.98"}, ("v5",))
def out_by_its_own_address(day, w, rng):
    """A host with a public address goes out past the NAT gateway."""
    ask(day, w.open9, bad(30), 443, 56700)


@planting("egress/unapproved-dns", {"client": "10.0.2.22"})
def names_from_elsewhere(day, w, rng):
    """An application server asks a name server on the internet."""
    for i in range(5):
        ask(day, w.app2, bad(53), 53, 56800 + 7 * i, UDP, 41000 + i, lasts=0, up=(1, 70), down=(1, 180))


@planting("egress/vpn-out", {"src_peer": "10.0.7.11"})
def a_tunnel_of_ones_own(day, w, rng):
    """A build server keeps a VPN to somewhere."""
    ask(day, w.ci2, bad(27), 1194, 57000, UDP, lasts=1500, up=(900, 400000), down=(900, 700000))


# What is denied.

@planting("denied/hot-spots", {"server": "10.0.2.22"})
def a_client_that_does_not_give_up(day, w, rng):
    """A broken client on-premises retries a blocked service of one host, every eight seconds for an hour."""
    client = beyond("172.20.1.101", "onprem")
    for i in range(440):
        day.talk(client, w.app2, TCP, 40000 + i * 3, 8443, 50400 + i * 8 + rng.below(4), 0, (1, 60), deny="server", flags=2)


@planting("denied/own-host-blocked", {"client": "10.0.2.22", "server": "10.0.11.5", "service": "tcp/11211"})
def a_forgotten_rule(day, w, rng):
    """An application server is refused by the cache, thirty times in half an hour."""
    for i in range(30):
        day.talk(w.app2, w.cache1, TCP, 41000 + 5 * i, 11211, 57700 + 60 * i, 0, (1, 60), deny="server", flags=2)


@planting("denied/blocked-outward", {"client": "10.0.2.21", "service": "tcp/8333"})
def kept_in(day, w, rng):
    """An application server wants out and its own security group says no, forty times."""
    for i in range(40):
        day.talk(w.app1, bad(40), TCP, 41000 + 5 * i, 8333, 57700 + 45 * i, 0, (1, 60), deny="client", flags=2)


@planting("denied/asymmetric-nacl", {"interface_id": "eni-0000000000a00010b", "service": "tcp/443"})
def one_way_rules(day, w, rng):
    """A subnet lets requests in and rejects the replies."""
    for i in range(30):
        day.talk(beyond("172.20.1.44", "onprem"), w.web1, TCP, 41000 + 5 * i, 443, 57700 + 60 * i, 3, (3, 180), (3, 180),
                 closed=False, deny="reply")


@planting("denied/internet-noise", {"server": "10.0.0.30"})
def louder_than_usual(day, w, rng):
    """Strangers knock at one balancer twice as often as at the others, all day; each of them once."""
    for i in range(2000):
        day.talk(outside(f"198.18.{100 + i // 250}.{1 + i % 250}"), w.nlb_a, TCP, rng.port(), rng.between(1, 60000), 60 + 42 * i,
                 0, (1, 44), deny="server", flags=2)


@planting("denied/floods", {"server": "10.0.0.20"}, unseen={"tgw": "it comes from the internet"})
def a_flood(day, w, rng):
    """A balancer gets 1,700 bare SYNs within a minute."""
    for i in range(1700):
        day.talk(outside(f"198.18.{110 + i // 250}.{1 + i % 250}"), w.alb_b, TCP, rng.port(), 443, 58020 + i % 55, 0, (1, 60),
                 flags=2)


# What leaves in quantity, and what calls home.

@planting("c2/listed-addresses", {"src_peer": "10.0.1.11"})
def a_listed_address(day, w, rng):
    """A web server talks to an address of the policy's list of threats."""
    ask(day, w.web1, bad(5), 443, 58500)


@planting("c2/long-connections", {"client": "10.0.2.22"})
def one_connection_all_day(day, w, rng):
    """One connection to a stranger that lives for eleven hours."""
    day.talk(w.app2, bad(35), TCP, 47035, 443, 30000, 40000, (7000, 420000), (7000, 470000))


@planting("c2/peer-to-peer", {"src_peer": "10.0.7.10"})
def many_peers(day, w, rng):
    """A build server exchanges packets with fifty strangers on as many high ports."""
    for i in range(50):
        day.talk(w.ci1, outside(f"198.19.241.{10 + i}"), UDP, 46881, 20011 + 131 * i, 59000 + 40 * i, 12, (8, 900), (9, 5000))


@planting("exfil/dns-tunnel", {"client": "10.0.2.21"})
def names_that_carry_files(day, w, rng):
    """An application server sends megabytes within questions to the name server."""
    day.talk(w.app1, w.dc1, UDP, 47053, 53, 61300, 3000, (8600, 8600 * 190), (8600, 8600 * 150))


@planting("exfil/icmp-tunnel", {"src_peer": "10.0.1.12"})
def pings_that_carry_files(day, w, rng):
    """A web server sends large pings to a stranger."""
    day.talk(w.web2, bad(32), ICMP, 0, 0, 60500, 1500, (3000, 3000 * 1400), (3000, 3000 * 60))


@planting("exfil/volume-out", {"client": "10.0.1.12"})
def gigabytes_out(day, w, rng):
    """A web server sends seven gigabytes to a stranger."""
    day.talk(w.web2, bad(33), TCP, 47033, 443, 50000, 5000, (4800000, 7000000000), (2400000, 130000000))


@planting("exfil/off-hours", {"client": "10.0.20.6"})
def at_night(day, w, rng):
    """The file server sends 900 megabytes to a stranger at ten in the evening."""
    day.talk(w.files1, bad(31), TCP, 47031, 443, 79300, 1200, (640000, 900000000), (320000, 17000000))


# Health and idleness.

@planting("health/dead-services", {"server": "10.0.20.6", "service": "tcp/8200"})
def nobody_answers(day, w, rng):
    """An application server asks a service that never answers, seventy times in an hour."""
    for i in range(70):
        day.talk(w.app1, w.files1, TCP, 42000 + 5 * i, 8200, 61300 + 45 * i, 2, (3, 180), flags=2)


@planting("health/log-gaps", {"interface_id": "eni-0000000000a00040b"})
def lost_windows(day, w, rng):
    """The log of a node lost four windows of an hour."""
    for version in set(day.versions) & {"v2", "v5"}:
        for i in range(4):
            day.note(version, "SKIPDATA", w.node2, 64860 + i * 620)


@planting("health/skipdata-ratio", {"interface_id": "eni-0000000000a000257"})
def a_blind_interface(day, w, rng):
    """One in twelve windows of an interface was lost."""
    for version, every in (("v5", 780), ("v2", 7200)):
        if version in day.versions:
            for at in range(600, 86000, every):
                day.note(version, "SKIPDATA", w.blind9, at)
    for hour in range(24):
        ask(day, w.monitoring, w.blind9, 9100, hour * 3600 + 1000, lasts=1)


@planting("health/transit-losses", {"tgw_attachment_id": "tgw-attach-0a00000000000003"}, ("tgw",))
def no_route(day, w, rng):
    """Dev sends to a network that the transit gateway has no route to."""
    for i in range(12):
        day.lose(beyond("10.2.2.12", "dev"), beyond("172.21.0.9", "onprem"), 41000 + i, 443, 62000 + 100 * i, 20)


@planting("idle/interfaces", {"interface_id": "eni-0000000000a000259"})
def never_used(day, w, rng):
    """An interface that carries nothing all day."""


# What costs.

@planting("cost/top-talkers", {"client": "10.0.4.10", "server": "10.0.20.6", "service": "tcp/2049"})
def the_most_bytes(day, w, rng):
    """A node reads five gigabytes from the file server."""
    day.talk(w.node1, w.files1, TCP, 47095, 2049, 30000, 3000, (1600000, 90000000), (3500000, 5000000000))
