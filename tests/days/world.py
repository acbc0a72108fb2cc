"""The hosts of the days: who they are, where they stand, which interface writes about them."""
import ipaddress

ACCOUNT = "111122223333"
REGION = "us-east-1"
VPC = "vpc-0a1b2c3d"
ZONES = {"a": "use1-az1", "b": "use1-az2"}
DAY = 1767571200  # Monday 2026-01-05 00:00:00 UTC
DAY_SECONDS = 86400
TGW = "tgw-0aa11bb22cc33dd44"
# Attachment, VPC, account and subnet of each side of the transit gateway.
ATTACHMENTS = {
    "prod": ("tgw-attach-0a00000000000001", VPC, ACCOUNT, "subnet-0a000078", "eni-0000000000a000078"),
    "staging": ("tgw-attach-0a00000000000002", "vpc-0b1b2c3d", "222233334444", "subnet-0b000001",
                "eni-0000000000a010078"),
    "dev": ("tgw-attach-0a00000000000003", "vpc-0c1b2c3d", "333344445555", "subnet-0c000001", "eni-0000000000a020078"),
    "onprem": ("tgw-attach-0a00000000000004", "-", ACCOUNT, "-", "-"),
}


class End:
    """One end of a conversation. `eni` is None for hosts whose interface we do not log."""

    def __init__(self, name, address, zone, side="vpc", eni=None, interface_address=None, instance="-", public=False,
                 service="-"):
        self.name, self.address, self.zone, self.side = name, address, zone, side
        self.eni, self.interface_address = eni, interface_address or address
        self.instance, self.public, self.service = instance, public, service
        self.v6 = ":" in address
        self.subnet = "-"
        if eni:
            self.subnet = "subnet-" + eni[-7:-2] + zone + "0"


def eni_of(address):
    return f"eni-{int(ipaddress.ip_address(address)) & 0xffffffffffffffff:017x}"


class World:
    def __init__(self):
        self.hosts = {}      # name -> End; interfaces that write records
        self.order = []      # interfaces in order: (eni, zone, subnet, instance)
        self.rows = []       # what the inventory lists: every address of ours
        for name, address, zone, kind in HOSTS:
            self.add(name, address, zone, kind)

    def add(self, name, address, zone, kind="host"):
        """A host of ours with an interface of its own. Kinds: host, edge (requester managed), public (own address)."""
        number = int(ipaddress.ip_address(address))
        end = End(name, address, zone, eni=eni_of(address), public=kind in ("edge", "public"),
                  instance="-" if kind == "edge" else f"i-{number:017x}")
        self.hosts[name] = end
        self.order.append(end)
        self.rows.append(end)
        return end

    def pod(self, name, address, node):
        node = self.hosts[node]
        end = End(name, address, node.zone, eni=node.eni, interface_address=node.address, instance=node.instance)
        end.subnet = node.subnet
        self.hosts[name] = end
        self.rows.append(end)
        return end

    def six(self, name, address, host):
        """The IPv6 address of a host, on the same interface."""
        host = self.hosts[host]
        end = End(name, address, host.zone, eni=host.eni, instance=host.instance, public=True)
        end.subnet = host.subnet
        self.hosts[name] = end
        self.rows.append(end)
        return end

    def __getattr__(self, name):
        try:
            return self.__dict__["hosts"][name]
        except KeyError:
            raise AttributeError(name) from None


HOSTS = [
    ("alb_a", "10.0.0.10", "a", "edge"), ("alb_b", "10.0.0.20", "b", "edge"),
    ("nlb_a", "10.0.0.30", "a", "edge"), ("nlb_b", "10.0.0.40", "b", "edge"),
    ("nat", "10.0.0.100", "a", "edge"), ("tgw_a", "10.0.0.120", "a", "edge"),
    ("web1", "10.0.1.11", "a", "host"), ("web2", "10.0.1.12", "b", "host"),
    ("app1", "10.0.2.21", "a", "host"), ("app2", "10.0.2.22", "b", "host"),
    ("bastion", "10.0.3.10", "a", "host"),
    ("node1", "10.0.4.10", "a", "host"), ("node2", "10.0.4.11", "b", "host"),
    ("monitoring", "10.0.5.10", "a", "host"),
    ("dc1", "10.0.6.4", "a", "host"), ("dc2", "10.0.6.5", "b", "host"),
    ("ci1", "10.0.7.10", "a", "host"), ("ci2", "10.0.7.11", "b", "host"),
    ("db1", "10.0.10.5", "a", "host"), ("db2", "10.0.10.6", "b", "host"), ("mysql1", "10.0.10.40", "a", "host"),
    ("cache1", "10.0.11.5", "a", "host"),
    ("backup1", "10.0.20.5", "a", "host"), ("files1", "10.0.20.6", "a", "host"),
]


def outside(address, name="", service="-"):
    return End(name or address, address, "-", side="internet", service=service)


def beyond(address, side):
    """A host behind the transit gateway: side is staging, dev or onprem."""
    return End(address, address, "-", side=side)
