"""The traffic of a healthy day. Each function is a topic with numbers of its own, so that a change in one leaves the
bytes of the others alone."""
from world import beyond, outside
from writer import ICMP, TCP, UDP, Rng

DAY_MINUTES = 1440
WEIGHT = (2, 1, 1, 1, 1, 2, 3, 5, 8, 10, 10, 10, 9, 9, 10, 10, 9, 8, 7, 6, 5, 5, 4, 3)  # of each hour, at most 10
TOPICS = []

APIS = [outside(f"198.19.250.{i}") for i in (10, 11, 12, 20, 21)]
GIT, METRICS = APIS[0], APIS[1]
NTP_POOL = [outside("198.19.251.1"), outside("198.19.251.2")]
UPSTREAM_DNS = outside("198.19.252.53")
S3 = [outside(f"203.0.113.{i}", service="S3") for i in (64, 65, 66)]
AWS_API = [outside(f"203.0.113.{i}", service="AMAZON") for i in (96, 97, 98)]
PARTNER_NAT = outside("203.0.113.5")
OFFICE = beyond("172.20.1.10", "onprem")
ONPREM = [beyond(f"172.20.1.{i}", "onprem") for i in range(20, 32)]
ONPREM_FILES = beyond("172.20.5.9", "onprem")
STAGING = [beyond(f"10.1.2.{i}", "staging") for i in (11, 12, 13)]
DEV = [beyond(f"10.2.2.{i}", "dev") for i in (11, 12)]


def topic(function):
    TOPICS.append(function)
    return function


def play(day):
    day.world.pod("pod1", "10.0.4.64", "node1")
    day.world.pod("pod2", "10.0.4.65", "node1")
    day.world.pod("pod3", "10.0.4.96", "node2")
    day.world.six("alb6", "2001:db8:1::10", "alb_a")
    day.world.six("app6", "2001:db8:1:2::21", "app1")
    for function in TOPICS:
        function(day, day.world, Rng(function.__name__))
    day.idle(day.world.order)


def client(rng):
    """Someone on the internet; a few thousand faces."""
    return outside(f"198.18.{rng.below(40)}.{rng.between(1, 250)}")


def minutes(rng, per_peak_minute):
    """Seconds of the day at which something happens, more by day; per_peak_minute in tenths."""
    for minute in range(DAY_MINUTES):
        often = per_peak_minute * WEIGHT[minute // 60]
        count = often // 100 + (rng.below(100) < often % 100)
        for _ in range(count):
            yield minute * 60 + rng.below(60)


def throughout(rng, seconds, jitter=0, first=None):
    """Every so many seconds, with a jitter."""
    at = rng.below(seconds) if first is None else first
    while at < DAY_MINUTES * 60 - 60:
        yield at + (rng.below(jitter + 1) if jitter else 0)
        at += seconds


@topic
def browsers(day, w, rng):
    for at in minutes(rng, 35):
        packets = rng.between(8, 30)
        alb = w.alb_a if rng.chance(50) else w.alb_b
        lasts = rng.between(1, 20) if rng.chance(90) else rng.between(60, 200)
        # Carrier NAT hands out low source ports too.
        port = rng.port() if rng.chance(85) else rng.between(1100, 32000)
        day.talk(client(rng), alb, TCP, port, 443 if rng.chance(92) else 80, at, lasts,
                 (packets, packets * rng.between(90, 200)), (packets + 4, packets * rng.between(600, 1300)))


@topic
def browsers_of_six(day, w, rng):
    for at in minutes(rng, 3):
        who = outside(f"2001:db8:ffff:{rng.between(1, 99):x}::{rng.between(2, 9):x}")
        packets = rng.between(8, 30)
        day.talk(who, w.alb6, TCP, rng.port(), 443, at, rng.between(1, 20), (packets, packets * 120),
                 (packets + 2, packets * 900))


@topic
def egress_of_six(day, w, rng):
    for at in throughout(rng, 900, 200):
        day.talk(w.app6, outside("2001:db8:fffe::20"), TCP, rng.port(), 443, at, 3, (12, 1900), (11, 6400))


@topic
def partner_behind_nat(day, w, rng):
    """One address, thousands of ephemeral ports that count up: what a server answers to it is not a scan."""
    port = 32800
    for at in range(9 * 3600, 12 * 3600, 3):
        port += 1
        nlb = w.nlb_a if at % 2 else w.nlb_b
        day.talk(PARTNER_NAT, nlb, TCP, port, 443, at, rng.between(1, 2), (9, 1400), (8, 2900))


@topic
def balancer_to_pods(day, w, rng):
    for at in minutes(rng, 8):
        nlb, pod = (w.nlb_a, rng.pick((w.pod1, w.pod2))) if rng.chance(50) else (w.nlb_b, w.pod3)
        day.talk(nlb, pod, TCP, rng.port(), 8443, at, rng.between(1, 30), (14, 2900), (12, 9800))


@topic
def balancer_to_web(day, w, rng):
    """Kept-alive connections: often only their middle lies in a window."""
    for alb, web in ((w.alb_a, w.web1), (w.alb_a, w.web2), (w.alb_b, w.web1), (w.alb_b, w.web2)):
        at = -rng.below(3000)
        while at < DAY_MINUTES * 60 - 60:
            lasts = rng.between(120, 1500)
            count = lasts // 60 * rng.between(5, 60)
            day.talk(alb, web, TCP, rng.port(), 80, at, lasts, (count, count * 310), (count, count * 870))
            at += lasts + rng.between(60, 2400)


@topic
def health_probes(day, w, rng):
    for probe, target, port, every in ((w.alb_a, w.web1, 80, 30), (w.alb_b, w.web2, 80, 30),
                                       (w.nlb_a, w.node1, 30443, 10),
                                       (w.nlb_b, w.node2, 30443, 30)):
        source = rng.port()
        for at in throughout(rng, every):
            source = source + rng.between(2, 60) if source < 60000 else 32800
            # The ten-second probe of one target comes in the working hours of a canary deployment only.
            if every == 10 and not 10 * 3600 <= at < 14 * 3600 and at % 30 >= 10:
                continue
            day.talk(probe, target, TCP, source, port, at, 0, (6, 397), (5, 431))


@topic
def web_to_app(day, w, rng):
    for at in minutes(rng, 20):
        web = rng.pick((w.web1, w.web2))
        app = rng.pick((w.app1, w.app2))
        packets = rng.between(6, 20)
        # Now and then a request is sent twice before it is answered.
        day.talk(web, app, TCP, rng.port(), 8080, at, rng.between(0, 3), (packets + (packets == 9), packets * 210),
                 (packets, packets * 520))


@topic
def pods_to_app(day, w, rng):
    for at in minutes(rng, 5):
        day.talk(rng.pick((w.pod1, w.pod2, w.pod3)), rng.pick((w.app1, w.app2)), TCP, rng.port(), 8080, at,
                 rng.between(0, 2), (9, 1900), (9, 4100))


@topic
def pools(day, w, rng):
    """Connections opened yesterday that carry queries all day: no SYN in any record. One is renewed at noon."""
    for app, server, port, every in ((w.app1, w.db1, 5432, 60), (w.app2, w.db1, 5432, 60),
                                     (w.app1, w.cache1, 6379, 120),
                                     (w.app2, w.cache1, 6379, 120), (w.pod1, w.mysql1, 3306, 180),
                                     (w.pod3, w.mysql1, 3306, 180)):
        for source in (rng.port(), rng.port()):
            renewed = 43200 + rng.below(600) if rng.chance(40) else None
            for at in throughout(rng, every * 2, 20):
                if rng.chance(25):
                    continue
                count = rng.between(4, 90)
                fresh = renewed is not None and at > renewed
                day.talk(app, server, TCP, source, port, at, rng.between(1, every // 2), (count, count * 180),
                         (count, count * rng.between(200, 900)), opened=fresh, closed=False)
                if fresh:
                    renewed, source = None, rng.port()


@topic
def short_queries(day, w, rng):
    for at in minutes(rng, 4):
        day.talk(rng.pick((w.app1, w.app2)), w.db1, TCP, rng.port(), 5432, at, rng.between(0, 4), (18, 3100),
                 (20, 14800))


@topic
def replication(day, w, rng):
    """The database to its replica in the other zone: a connection without beginning or end."""
    for hour in range(24):
        count = 60 * rng.between(300, 900)
        day.talk(w.db2, w.db1, TCP, 41230, 5432, hour * 3600 + 1, 3597, (count // 3, count // 3 * 60),
                 (count, count * 1100),
                 opened=False, closed=False)


@topic
def monitoring(day, w, rng):
    """Visits every host on the same port: a fan-out that is its job. Some exporters are not there and answer by a
    reset; one host is pinged."""
    source = 33000
    hosts = ("web1 web2 app1 app2 bastion node1 node2 dc1 dc2 ci1 ci2 db1 db2 mysql1 cache1 backup1 files1").split()
    for minute in range(0, DAY_MINUTES, 5):
        for i, name in enumerate(hosts):
            source = source + 1 if source < 60900 else 33000
            day.talk(w.monitoring, w.hosts[name], TCP, source, 9100, minute * 60 + 2 + i * 2, 1, (8, 720), (11, 9800))
    for minute in range(DAY_MINUTES):
        for name, port in (("db1", 9187), ("cache1", 9121)):
            source = source + 1 if source < 60900 else 33000
            day.talk(w.monitoring, w.hosts[name], TCP, source, port, minute * 60 + 31, 0, (7, 610), (8, 5200))
    for minute in range(7, DAY_MINUTES, 30):
        day.talk(w.monitoring, w.files1, TCP, 32900 + minute % 90, 9187, minute * 60, 0, (1, 60), reset=True)
    for minute in range(3, DAY_MINUTES, 15):
        for name in ("db1", "web1", "nlb_a"):
            day.talk(w.monitoring, w.hosts[name], ICMP, 0, 0, minute * 60 + 9, 3, (4, 336), (4, 336))
    for minute in range(4, DAY_MINUTES, 10):
        for host in STAGING[:2] + DEV[:1]:
            source = source + 1 if source < 60900 else 33000
            day.talk(w.monitoring, host, TCP, source, 9100, minute * 60 + 40, 1, (8, 720), (11, 9800))


@topic
def names_and_clocks(day, w, rng):
    hosts = "web1 web2 app1 app2 bastion node1 node2 monitoring ci1 ci2 db1 db2 mysql1 cache1 backup1 files1".split()
    for name in hosts:
        for at in throughout(rng, 240, 180):
            dc = w.dc1 if rng.chance(80) else w.dc2
            day.talk(w.hosts[name], dc, UDP, rng.port(), 53, at, 0, (2, 150), (2, 330))
        for at in throughout(rng, 2048):
            day.talk(w.hosts[name], w.dc1, UDP, 123, 123, at, 0, (1, 76), (1, 76))
    for dc in (w.dc1, w.dc2):
        for at in throughout(rng, 1024):
            day.talk(dc, NTP_POOL[dc is w.dc2], UDP, 123, 123, at, 0, (1, 76), (1, 76),
                     nat_port=rng.between(1024, 65000))
        for at in throughout(rng, 120, 60):
            day.talk(dc, UPSTREAM_DNS, UDP, rng.port(), 53, at, 0, (1, 70), (1, 190), nat_port=rng.between(1024, 65000))


@topic
def directory(day, w, rng):
    """LDAP, Kerberos, SMB and RPC of members to the domain controllers, also from on-premises."""
    members = [w.app1, w.app2, w.web1, w.web2, w.ci1, w.ci2, w.files1]
    for at in minutes(rng, 4):
        member, dc = rng.pick(members), w.dc1 if rng.chance(70) else w.dc2
        day.talk(member, dc, TCP, rng.port(), rng.pick((88, 389, 636, 3268)), at, rng.between(0, 2), (9, 2100),
                 (9, 4300))
    for member in members:
        for at in throughout(rng, 5400, 600):
            day.talk(member, w.dc1, TCP, rng.port(), 445, at, rng.between(2, 20), (25, 4800), (23, 9100))
            day.talk(member, w.dc1, TCP, rng.port(), 135, at, 1, (6, 700), (5, 620))
            # Dynamic RPC: both ports are high, only the SYN tells who opened it.
            day.talk(member, w.dc1, TCP, rng.between(49152, 60000), 49667, at + 1, 2, (8, 1800), (8, 1600))


@topic
def people_on_premises(day, w, rng):
    for at in minutes(rng, 4):
        packets = rng.between(10, 40)
        day.talk(rng.pick(ONPREM), rng.pick((w.alb_a, w.alb_b)), TCP, rng.port(), 443, at, rng.between(2, 50),
                 (packets, packets * 150), (packets + 5, packets * 1000))


@topic
def administrators(day, w, rng):
    """From the office to the bastion, from there to a host or two. One session lives for hours."""
    for begin, lasts, target in ((32700, 1500, w.web1), (36300, 20000, w.db1), (52200, 2400, w.app2),
                                 (79500, 1200, w.node1)):
        count = lasts // 4
        day.talk(OFFICE, w.bastion, TCP, rng.port(), 22, begin, lasts, (count, count * 90), (count, count * 160))
        day.talk(w.bastion, target, TCP, rng.port(), 22, begin + 40, lasts - 60, (count, count * 90),
                 (count, count * 150))


@topic
def egress(day, w, rng):
    """Out through the NAT gateway: payments, mail by API, git for CI, calls of AWS interfaces, one agent's connection
    that lives all day."""
    for at in minutes(rng, 6):
        day.talk(rng.pick((w.app1, w.app2)), rng.pick(APIS[2:]), TCP, rng.port(), 443, at, rng.between(1, 8),
                 (14, 3900), (13, 7800))
    for name in ("web1", "web2", "app1", "app2", "node1", "node2", "bastion"):
        for at in throughout(rng, 1800, 700):
            day.talk(w.hosts[name], rng.pick(AWS_API), TCP, rng.port(), 443, at, 2, (11, 2600), (11, 5900))
    source = rng.port()
    for hour in range(24):
        day.talk(w.app1, AWS_API[0], TCP, source, 443, hour * 3600 + 12, 3580, (120, 9600), (120, 10800), opened=False,
                 closed=False)


@topic
def object_storage(day, w, rng):
    """S3 over the gateway endpoint: much, and free."""
    for at in minutes(rng, 5):
        packets = rng.between(20, 400)
        day.talk(rng.pick((w.app1, w.app2, w.pod2)), rng.pick(S3), TCP, rng.port(), 443, at, rng.between(1, 25),
                 (packets, packets * 700), (packets, packets * 800), endpoint=True)
    for at in range(3 * 3600, 4 * 3600, 300):
        day.talk(w.backup1, S3[0], TCP, rng.port(), 443, at, 290, (900000, 1300000000), (450000, 23000000),
                 endpoint=True)


@topic
def backups(day, w, rng):
    """At night, within the VPC, large. The jobs begin at full hours, since people like full hours."""
    for host, begin, lasts, size in ((w.db1, 3600, 5400, 42), (w.mysql1, 5400, 2400, 11), (w.files1, 7200, 3000, 25),
                                     (w.app1, 9000, 300, 1)):
        day.talk(host, w.backup1, TCP, rng.port(), 443, begin, lasts, (size * 700000, size * 1000000000),
                 (size * 350000, size * 18200000))


@topic
def builds(day, w, rng):
    """CI: git by day and by night, images from S3, deployments to staging and dev."""
    for ci in (w.ci1, w.ci2):
        for at in minutes(rng, 1):
            day.talk(ci, GIT, TCP, rng.port(), 443, at, rng.between(2, 20), (200, 24000), (900, 1150000))
            day.talk(ci, rng.pick(S3), TCP, rng.port(), 443, at + 5, 20, (4000, 5200000), (2000, 110000), endpoint=True)
        for at in throughout(rng, 7200, 2000):
            day.talk(ci, rng.pick(STAGING + DEV), TCP, rng.port(), 6443, at, rng.between(30, 400), (500, 90000),
                     (480, 130000))


@topic
def patches(day, w, rng):
    """At four in the morning, packages from AWS over the gateway endpoint."""
    names = "web1 web2 app1 app2 bastion node1 node2 monitoring dc1 dc2 db1 db2 mysql1 cache1".split()
    for i, name in enumerate(names):
        day.talk(w.hosts[name], S3[1], TCP, rng.port(), 443, 4 * 3600 + i * 170, 90, (9000, 520000), (26000, 38000000),
                 endpoint=True)


@topic
def ftps(day, w, rng):
    """Files from on-premises by passive FTPS: the data connections run between two high ports."""
    for at in throughout(rng, 3600, 300):
        day.talk(w.files1, ONPREM_FILES, TCP, rng.port(), 990, at, 40, (30, 3300), (28, 5200))
        for i in range(rng.between(1, 3)):
            day.talk(w.files1, ONPREM_FILES, TCP, rng.between(40000, 60000), rng.between(50000, 51000), at + 4 + i * 9,
                     8,
                     (400, 21000), (1400, 2000000))


@topic
def staging_and_dev(day, w, rng):
    """Other environments use the shared domain controllers, and talk to their own on-premises services (seen by the
    transit gateway alone)."""
    for host in STAGING + DEV:
        for at in throughout(rng, 600, 300):
            day.talk(host, w.dc1, UDP, rng.port(), 53, at, 0, (2, 150), (2, 330))
    for at in minutes(rng, 20):
        host = rng.pick(STAGING + DEV)
        day.talk(host, ONPREM[0], TCP, rng.port(), 443, at, rng.between(1, 40), (20, 3100), (24, 18000))
        if rng.chance(50):
            day.talk(rng.pick(ONPREM), host, TCP, rng.port(), 443, at + 3, rng.between(1, 90), (20, 3100), (24, 18000))


@topic
def noise(day, w, rng):
    """The internet knocks: many sources, one or two packets each, the ports of fashion. Balancers reject it; the NAT
    gateway drops it and logs ACCEPT."""
    ports = (22, 23, 23, 80, 445, 1433, 2323, 3306, 3389, 5060, 5555, 5900, 6379, 7547, 8080, 8443, 8728, 9200, 37215,
             52869)
    for at in throughout(rng, 14, 12):
        net = "192.0.2" if rng.chance(40) else f"198.19.{rng.below(200)}"
        source = outside(f"{net}.{rng.between(1, 254)}")
        target = rng.pick((w.alb_a, w.alb_b, w.nlb_a, w.nlb_b))
        port = rng.pick(ports) if rng.chance(70) else rng.between(1, 65535)
        if port in (80, 443):
            port = 8888
        day.talk(source, target, TCP, rng.between(20000, 61000), port, at, 0, (1, rng.pick((40, 44, 60))),
                 deny="server",
                 flags=2)
        if rng.chance(15):
            day.talk(source, w.nat, TCP, rng.between(20000, 61000), rng.pick(ports), at + 1, 0, (1, 44), flags=2)
        if rng.chance(8):
            day.talk(source, target, UDP, rng.between(20000, 61000), rng.pick((53, 123, 161, 1900, 5060)), at + 2, 0,
                     (1, rng.between(60, 400)), deny="server")
        if rng.chance(6):
            day.talk(source, target, ICMP, 0, 0, at + 2, 1, (1, 84), deny="server")


@topic
def leftovers(day, w, rng):
    """What connections leave behind: packets after they were forgotten, unanswered and repeated SYNs, unreachables,
    replies that a stateless NACL rejects."""
    for at in throughout(rng, 700, 500):
        day.talk(client(rng), rng.pick((w.alb_a, w.alb_b)), TCP, rng.port(), 443, at, 2, (2, 92), deny="server",
                 flags=rng.pick((0, 1, 4, 5)))
    for at in throughout(rng, 3000, 900):
        day.talk(w.app1, w.db1, TCP, rng.port(), 5432, at, 1, (1, 52), deny="server", flags=rng.pick((0, 1, 4)))
    for at in throughout(rng, 4000, 900):
        day.talk(rng.pick((w.web1, w.web2)), w.app2, TCP, rng.port(), 8080, at, 7, (3, 180), flags=2)
    for at in throughout(rng, 5000, 900):
        day.talk(w.monitoring, w.files1, UDP, rng.port(), 161, at, 0, (1, 75))
        day.talk(w.files1, w.monitoring, ICMP, 0, 0, at, 0, (1, 103))
    for at in throughout(rng, 6000, 900):
        day.talk(client(rng), w.alb_b, TCP, rng.port(), 443, at, 3, (4, 240), (4, 240), closed=False, deny="reply")


@topic
def sockets_of_browsers(day, w, rng):
    """Browsers that keep a connection for hours, and a few that speak QUIC."""
    for i in range(3):
        day.talk(client(rng), w.alb_a, TCP, rng.port(), 443, 28000 + 900 * i, 33000, (2200, 176000), (2200, 240000))
    for at in throughout(rng, 1500, 900):
        day.talk(client(rng), w.nlb_b, UDP, rng.port(), 443, at, rng.between(1, 40), (20, 4000), (40, 39000))


@topic
def cluster(day, w, rng):
    """Node to node, and what the monitoring asks the nodes' agents."""
    for at in throughout(rng, 300):
        day.talk(w.node2, w.node1, TCP, rng.port(), 10250, at, 1, (9, 1100), (10, 6000))
        day.talk(w.monitoring, w.node1, TCP, rng.port(), 10250, at + 3, 1, (9, 1100), (18, 21000))
        day.talk(w.pod2, w.dc2, UDP, rng.port(), 53, at + 9, 0, (2, 150), (2, 330))


@topic
def file_shares(day, w, rng):
    """NFS mounts: all day, no SYN, and client ports below 1024 of which some have services of their own."""
    for host, port in ((w.app1, 944), (w.app2, 873), (w.backup1, 1021)):
        for at in throughout(rng, 600, 100):
            day.talk(host, w.files1, TCP, port, 2049, at, 40, (60, 9000), (70, 61000), opened=False, closed=False)


@topic
def directory_replication(day, w, rng):
    for at in throughout(rng, 900, 120):
        day.talk(w.dc2, w.dc1, TCP, rng.between(49152, 65000), rng.pick((389, 135, 49668)), at, 4, (30, 4100),
                 (40, 22000))
    for at in throughout(rng, 3600):
        day.talk(w.dc2, w.dc1, TCP, rng.port(), 53, at, 1, (8, 600), (9, 7000))


@topic
def metrics_out(day, w, rng):
    """Ships metrics to a service on the internet, every five minutes, always about as much: what a beacon looks
    like."""
    for at in throughout(rng, 300):
        day.talk(w.monitoring, METRICS, TCP, rng.port(), 443, at, 1, (22, 18000), (14, 3900))


@topic
def code_by_ssh(day, w, rng):
    for at in minutes(rng, 1):
        day.talk(rng.pick((w.ci1, w.ci2)), GIT, TCP, rng.port(), 22, at, rng.between(2, 9), (40, 6200), (90, 88000))


@topic
def deployment(day, w, rng):
    """A release at eleven: a target does not answer for three minutes, an application refuses for one."""
    for i in range(9):
        day.talk(w.nlb_b, w.node2, TCP, 43000 + i, 30443, 39600 + 20 * i, 3, (2, 120), flags=2)
    for i in range(40):
        day.talk(rng.pick((w.web1, w.web2)), w.app1, TCP, rng.port(), 8080, 39700 + rng.below(60), 0, (1, 60),
                 reset=True)


@topic
def mistakes(day, w, rng):
    """People and programs try what they may not, a few times: no rule should cry for it."""
    for i in range(6):
        day.talk(OFFICE, w.app1, TCP, rng.port(), 22, 30000 + 20 * i, 0, (1, 60), deny="server", flags=2)
    for i in range(8):
        day.talk(w.app2, w.db2, TCP, rng.port(), 3306, 47000 + 60 * i, 0, (1, 60), deny="server", flags=2)
    for i in range(5):
        day.talk(w.web1, outside("198.19.249.9"), TCP, rng.port(), 25, 51000 + 60 * i, 0, (1, 60), deny="client",
                 flags=2)


@topic
def traces(day, w, rng):
    """Traceroutes: thirty consecutive high UDP ports of one host within seconds, answered by ICMP."""
    for source, target, begin in ((w.bastion, w.web1, 36700), (OFFICE, w.app1, 37100)):
        for i in range(30):
            day.talk(source, target, UDP, 40000 + 17 * i, 33434 + i, begin + i // 3, 0, (1, 60))
        day.talk(target, source, ICMP, 0, 0, begin, 10, (30, 2640))


@topic
def lost_lines(day, w, rng):
    """The platform skipped a window of the two busiest interfaces."""
    for version in ("v2", "v5"):
        if version in day.versions:
            day.note(version, "SKIPDATA", w.nlb_a, 36900)
            day.note(version, "SKIPDATA", w.alb_a, 52000)
