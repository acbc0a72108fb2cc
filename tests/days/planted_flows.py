"""Planted: what leaves, what is refused, what moves too much or not at all."""
from planting import ask, bad, planting
from world import beyond, outside
from writer import ICMP, TCP, UDP


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
        day.talk(client, w.app2, TCP, 40000 + i * 3, 8443, 50400 + i * 8 + rng.below(4), 0, (1, 60), deny="server",
                 flags=2)


@planting("denied/own-host-blocked", {"client": "10.0.2.22", "server": "10.0.11.5", "service": "tcp/11211"},
          measures={"attempts": 30})
def a_forgotten_rule(day, w, rng):
    """An application server is refused by the cache, thirty times in half an hour."""
    for i in range(30):
        day.talk(w.app2, w.cache1, TCP, 41000 + 5 * i, 11211, 57700 + 60 * i, 0, (1, 60), deny="server", flags=2)


@planting("denied/blocked-outward", {"client": "10.0.2.21", "service": "tcp/8333"}, measures={"attempts": 40})
def kept_in(day, w, rng):
    """An application server wants out and its own security group says no, forty times."""
    for i in range(40):
        day.talk(w.app1, bad(40), TCP, 41000 + 5 * i, 8333, 57700 + 45 * i, 0, (1, 60), deny="client", flags=2)


@planting("denied/asymmetric-nacl", {"interface_id": "eni-0000000000a00010b", "service": "tcp/443"},
          measures={"replies": 30})
def one_way_rules(day, w, rng):
    """A subnet lets requests in and rejects the replies."""
    for i in range(30):
        day.talk(beyond("172.20.1.44", "onprem"), w.web1, TCP, 41000 + 5 * i, 443, 57700 + 60 * i, 3, (3, 180),
                 (3, 180),
                 closed=False, deny="reply")


@planting("denied/internet-noise", {"server": "10.0.0.30"})
def louder_than_usual(day, w, rng):
    """Strangers knock at one balancer twice as often as at the others, all day; each of them once."""
    for i in range(2000):
        day.talk(outside(f"198.18.{100 + i // 250}.{1 + i % 250}"), w.nlb_a, TCP, rng.port(), rng.between(1, 60000),
                 60 + 42 * i,
                 0, (1, 44), deny="server", flags=2)


@planting("denied/floods", {"server": "10.0.0.20"}, unseen={"tgw": "it comes from the internet"},
          measures={"requests": 1700})
def a_flood(day, w, rng):
    """A balancer gets 1,700 bare SYNs within a minute."""
    for i in range(1700):
        day.talk(outside(f"198.18.{110 + i // 250}.{1 + i % 250}"), w.alb_b, TCP, rng.port(), 443, 58020 + i % 55, 0,
                 (1, 60),
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


@planting("c2/peer-to-peer", {"src_peer": "10.0.7.10"}, measures={"hosts": 50, "ports": 50})
def many_peers(day, w, rng):
    """A build server exchanges packets with fifty strangers on as many high ports."""
    for i in range(50):
        day.talk(w.ci1, outside(f"198.19.241.{10 + i}"), UDP, 46881, 20011 + 131 * i, 59000 + 40 * i, 12, (8, 900),
                 (9, 5000))


@planting("exfil/dns-tunnel", {"client": "10.0.2.21"}, measures={"sent": 1635950})
def names_that_carry_files(day, w, rng):
    """An application server sends megabytes within questions to the name server, in an hour of 1,950 bytes of others."""
    day.talk(w.app1, w.dc1, UDP, 47053, 53, 61300, 3000, (8600, 8600 * 190), (8600, 8600 * 150))


@planting("exfil/icmp-tunnel", {"src_peer": "10.0.1.12"}, measures={"sent": 4200000})
def pings_that_carry_files(day, w, rng):
    """A web server sends large pings to a stranger."""
    day.talk(w.web2, bad(32), ICMP, 0, 0, 60500, 1500, (3000, 3000 * 1400), (3000, 3000 * 60))


@planting("exfil/volume-out", {"client": "10.0.1.12"}, measures={"sent": 7000000000})
def gigabytes_out(day, w, rng):
    """A web server sends seven gigabytes to a stranger."""
    day.talk(w.web2, bad(33), TCP, 47033, 443, 50000, 5000, (4800000, 7000000000), (2400000, 130000000))


@planting("exfil/off-hours", {"client": "10.0.20.6"}, measures={"sent": 900000000, "got": 17000000})
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


@planting("health/transit-losses", {"tgw_attachment_id": "tgw-attach-0a00000000000003"}, ("tgw",),
          measures={"no_route": 240})
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


@planting("cost/internet-talkers", {"src_peer": "10.0.0.10"}, unseen={"tgw": "it goes to the internet"})
def films_for_the_internet(day, w, rng):
    """A balancer sends fifty gigabytes to one client."""
    day.talk(outside("198.18.201.1"), w.alb_a, TCP, 47101, 443, 30000, 9000, (18000000, 900000000),
             (36000000, 50000000000))


@planting("cost/nat-gateway", {"client": "10.0.2.22"})
def a_gateway_that_is_paid(day, w, rng):
    """An application server fetches sixty gigabytes through the NAT gateway."""
    day.talk(w.app2, outside("198.19.250.77"), TCP, 47102, 443, 32000, 9000, (20000000, 1000000000),
             (42000000, 60000000000))


@planting("cost/aws-services-through-nat", {"client": "10.0.1.12"}, ("v5",))
def a_bucket_through_the_gateway(day, w, rng):
    """A web server stores ten gigabytes in a bucket, past the endpoint."""
    day.talk(w.web2, outside("203.0.113.70", service="S3"), TCP, 47103, 443, 33000, 3000, (7000000, 10000000000),
             (3000000, 160000000))


@planting("cost/own-through-internet", {"client": "10.0.2.21", "server": "198.51.100.20", "service": "tcp/443"},
          measures={"moved": 4500000000})
def round_the_outside(day, w, rng):
    """An application server asks the public address of the own balancer."""
    day.talk(w.app1, outside("198.51.100.20"), TCP, 47104, 443, 34000, 3000, (1000000, 500000000),
             (3000000, 4000000000))


@planting("cost/transit-gateway", {"tgw_attachment_id": "tgw-attach-0a00000000000002"}, ("tgw",))
def a_copy_across(day, w, rng):
    """Staging fetches a hundred gigabytes from on-premises, seen by the transit gateway alone."""
    day.talk(beyond("172.20.1.88", "onprem"), beyond("10.1.2.12", "staging"), TCP, 47105, 443, 36000, 9000,
             (30000000, 1500000000), (70000000, 100000000000))


@planting("denied/reject-spikes", {"interface_id": "eni-0000000000a000028"}, unseen={"tgw": "it has no actions"})
def a_burst_of_knocks(day, w, rng):
    """Three hundred strangers knock at a balancer in four minutes."""
    for i in range(300):
        day.talk(outside(f"198.18.202.{1 + i % 250}"), w.nlb_b, TCP, 20000 + 7 * i, 3389, 66000 + i * 4 // 5, 0,
                 (1, 44),
                 deny="server", flags=2)


@planting("cost/cross-az", {"client": "10.0.2.22", "server": "10.0.20.6"}, measures={"moved": 61100000000})
def files_of_the_other_zone(day, w, rng):
    """An application server in zone b reads sixty gigabytes from the file server in zone a."""
    day.talk(w.app2, w.files1, TCP, 47093, 2049, 30000, 40000, (20000000, 1100000000), (40000000, 60000000000))


@planting("cost/rate-spikes", {"src_peer": "10.0.4.10"})
def peaks(day, w, rng):
    """A node sends 1.4 Mbit/s all day, and 6 for half an hour, twice."""
    day.talk(w.node1, w.monitoring, TCP, 47094, 4317, 60, 86280, (1438 * 8000, 1438 * 10500000),
             (1438 * 4000, 1438 * 208000))
    for begin in (36000, 64800):
        day.talk(w.node1, w.monitoring, TCP, 47095, 4317, begin, 1799, (720000, 30 * 34500000), (360000, 30 * 624000))
