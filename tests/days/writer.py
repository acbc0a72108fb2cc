"""Conversations become flow log records, in three formats at once.

A conversation has two halves. Each interface on the way writes a record of each half for every window in which packets
passed: the two ends where they are ours, and the NAT gateway or the transit gateway's attachment between. Windows of an
interface start at an offset of its own.
"""
import os

from world import ACCOUNT, ATTACHMENTS, DAY, DAY_SECONDS, REGION, TGW, VPC, ZONES

MASK = (1 << 64) - 1
V5_HEADER = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
             "log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id "
             "sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path\n")
V2_HEADER = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action "
             "log-status\n")
TGW_HEADER = ("version resource-type account-id tgw-id tgw-attachment-id tgw-src-vpc-account-id tgw-dst-vpc-account-id "
              "tgw-src-vpc-id tgw-dst-vpc-id tgw-src-subnet-id tgw-dst-subnet-id tgw-src-eni tgw-dst-eni tgw-src-az-id "
              "tgw-dst-az-id tgw-pair-attachment-id srcaddr dstaddr srcport dstport protocol packets bytes start end "
              "log-status type packets-lost-no-route packets-lost-blackhole packets-lost-mtu-exceeded "
              "packets-lost-ttl-expired tcp-flags region flow-direction pkt-src-aws-service pkt-dst-aws-service\n")
HEADERS = {"v2": V2_HEADER, "v5": V5_HEADER, "tgw": TGW_HEADER}
WINDOW_SECONDS = {"v2": 600, "v5": 60, "tgw": 60}
TCP, UDP, ICMP = 6, 17, 1


class Rng:
    """Numbers that depend on the seed's text alone, in every version of Python. `other` makes another day of the same
    kind: a rule that is silent by luck on one day is not on many."""
    other = ""

    def __init__(self, seed):
        self.state = 14695981039346656037
        for byte in (self.other + seed).encode():
            self.state = ((self.state ^ byte) * 1099511628211) & MASK

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & MASK
        return ((self.state >> 33) * n) >> 31

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def pick(self, items):
        return items[self.below(len(items))]

    def chance(self, percent):
        return self.below(100) < percent

    def port(self):
        return 32768 + self.below(28232)


class Day:
    """Collects the records of a day; `save` writes them. `at` counts seconds from midnight and may be negative."""

    def __init__(self, world, versions=("v2", "v5", "tgw")):
        self.world = world
        self.versions = versions
        self.minutes = {v: [[] for _ in range(DAY_SECONDS // 60)] for v in versions}
        self.records = {v: {} for v in versions}
        self.tails = {}
        self.learn()

    def learn(self):
        """Gives each interface of the world the second at which its windows begin."""
        self.offsets = {end.eni: (i * 7 + 3) % 60 for i, end in enumerate(self.world.order)}
        self.plans = {eni: [(version, WINDOW_SECONDS[version], offset * (WINDOW_SECONDS[version] // 60))
                            for version in ("v5", "v2") if version in self.versions]
                      for eni, offset in self.offsets.items()}

    # A half of a conversation: `who` writes; seen_* are the addresses as its interface shows them.
    def _hop(self, who, ingress, seen_src, seen_dst, src, dst, ports, path, action="ACCEPT"):
        key = (who.eni, ingress, src.address, dst.address, path, action)
        tail = self.tails.get(key)
        if tail is None:
            kind = "IPv6" if src.v6 else "IPv4"
            tail = self.tails[key] = (
                f" {action} OK\n", f" {action} OK {VPC} {who.subnet} {who.instance} ",
                f" {kind} {src.address} {dst.address} {REGION} {ZONES[who.zone]} - - {src.service} {dst.service} "
                f"{'ingress' if ingress else 'egress'} {path}\n")
        return who.eni, f" {ACCOUNT} {who.eni} {seen_src} {seen_dst} {ports} ", tail

    def _add(self, version, head, tail, width, offset, span, packets, size, flags):
        """One half of a conversation as one interface writes it: what it saw of a 5-tuple within a window is one
        record. flags = (those of the first packets, those of the last)."""
        records = self.records[version]
        for first, last, some_packets, some_bytes, mark in windows(*span, width, offset, packets, size, flags):
            key = (head, tail[0], (first - offset) // width)
            record = records.get(key)
            if record is None:
                records[key] = [first, last, some_packets, some_bytes, mark, tail]
            else:
                record[:5] = (min(first, record[0]), max(last, record[1]), some_packets + record[2],
                              some_bytes + record[3],
                              mark | record[4])

    def _write(self, hop, start, end, packets, size, flags):
        eni, head, tail = hop
        for version, width, offset in self.plans[eni]:
            self._add(version, head, tail, width, offset, (start, end), packets, size, flags)

    def _write_tgw(self, src, dst, ports, start, end, packets, size, flags, lost=False):
        if "tgw" not in self.minutes:
            return
        here, there = ATTACHMENTS[_side(src)], ATTACHMENTS[_side(dst)]
        ends = " ".join(f"{a} {b}" for a, b in ((here[2], there[2]), (here[1], there[1]), (here[3], there[3]),
                                                (here[4], there[4])))
        zones = f"{'use1-az1' if here[4] != '-' else '-'} {'use1-az1' if there[4] != '-' else '-'}"
        for direction, one, other in (("ingress", here, there), ("egress", there, here)):
            if lost and direction == "egress":
                continue
            head = (f" TransitGatewayAttachment {ACCOUNT} {TGW} {one[0]} {ends} {zones} {other[0]} {src.address} "
                    f"{dst.address} {ports} ")
            tail = (f" OK IPv4 {packets if lost else 0} 0 0 0 ", "", f" {REGION} {direction} - -\n")
            self._add("tgw", head, tail, 60, 0, (start, end), packets, size, flags)

    def _lines(self):
        """Turns the records into lines of their minutes."""
        for version, records in self.records.items():
            minutes = self.minutes[version]
            for (head, _, _), (first, last, packets, size, mark, tail) in records.items():
                what = f"{head}{packets} {size} {DAY + first} {DAY + last}"
                if version == "v5":
                    line = f"5{what}{tail[1]}{mark}{tail[2]}"
                elif version == "v2":
                    line = f"2{what}{tail[0]}"
                else:
                    line = f"6{what}{tail[0]}{mark}{tail[2]}"
                minutes[last // 60].append(line)

    def talk(self, client, server, protocol, client_port, server_port, at, lasts, up, down=None, opened=True,
             closed=True, deny=None, reset=False, endpoint=False, nat_port=None, flags=None, tgw_log=True):
        """One conversation. up, down = (packets, bytes) of each half, down None = no reply. opened, closed: its first
        and last packets lie in it. deny: "server" or "client" interface rejects the request, "reply" = a NACL
        rejects the server's reply on its way out. reset: the reply is a bare reset. endpoint: S3 over the gateway
        endpoint. flags overrides the request's TCP flags."""
        ask, answer = (2 * opened, 1 * closed), (18 * opened, 1 * closed)
        if reset:
            ask, answer, down = (2, 0), (4, 0), down or (1, 40)
        if flags is not None:
            ask = (flags, 0)
        if protocol != TCP:
            ask = answer = (0, 0)
        end = at + lasts
        ports, back = f"{client_port} {server_port} {protocol}", f"{server_port} {client_port} {protocol}"
        for hop in self._way(client, server, client_port, server_port, protocol, deny, endpoint, nat_port, False):
            self._write(hop, at, end, *up, ask)
        crosses = _side(client) != _side(server) and "internet" not in (client.side, server.side)
        if crosses and tgw_log and deny != "client":
            self._write_tgw(client, server, ports, at, end, *up, ask)
        if down is None or deny in ("server", "client"):
            return
        for hop in self._way(server, client, server_port, client_port, protocol, deny, endpoint, nat_port, True):
            self._write(hop, at, end, *down, answer)
        if crosses and tgw_log:
            self._write_tgw(server, client, back, at, end, *down, answer)

    def _way(self, src, dst, src_port, dst_port, protocol, deny, endpoint, nat_port, reply):
        """The interfaces that a half passes, in order."""
        ports = f"{src_port} {dst_port} {protocol}"
        refused = deny == "reply" if reply else deny == "client"
        hops = []
        outward = dst.side == "internet"
        if src.eni:
            path = 1
            if outward:
                path = 7 if endpoint else 8 if src.public else 1
            # A security group is stateful: a reply passes it, and only the subnet's NACL can reject it, on its way out.
            action = "REJECT" if refused else "ACCEPT"
            hops.append(self._hop(src, False, src.interface_address, dst.address, src, dst, ports, path, action))
            if refused:
                return hops
        hops += self._middle(src, dst, ports, src_port, dst_port, protocol, endpoint, nat_port, reply)
        if dst.eni:
            action = "REJECT" if deny == "server" and not reply else "ACCEPT"
            hops.append(self._hop(dst, True, src.address, dst.interface_address, src, dst, ports, "-", action))
        return hops

    def _middle(self, src, dst, ports, src_port, dst_port, protocol, endpoint, nat_port, reply):
        if src.side == "vpc" and dst.side == "vpc":
            return []
        nat, gateway = self.world.nat, self.world.tgw_a
        if "internet" in (src.side, dst.side):
            inner = src if src.side == "vpc" else dst
            if inner.public or endpoint or inner is nat or inner.side != "vpc":
                return []
            # The gateway keeps the port unless it is told another.
            outer_port = nat_port or (dst_port if reply else src_port)
            if not reply:
                return [self._hop(nat, True, src.address, nat.address, src, dst, ports, "-"),
                        self._hop(nat, False, nat.address, dst.address, nat, dst, f"{outer_port} {dst_port} {protocol}",
                                  8)]
            return [self._hop(nat, True, src.address, nat.address, src, nat, f"{src_port} {outer_port} {protocol}",
                              "-"),
                    self._hop(nat, False, nat.address, dst.address, src, dst, ports, 1)]
        if src.side == "vpc":
            return [self._hop(gateway, True, src.address, gateway.address, src, dst, ports, "-")]
        if dst.side == "vpc":
            return [self._hop(gateway, False, gateway.address, dst.address, src, dst, ports, 1)]
        return []

    def lose(self, src, dst, src_port, dst_port, at, packets):
        """Packets that the transit gateway has no route for."""
        self._write_tgw(src, dst, f"{src_port} {dst_port} {TCP}", at, at, packets, packets * 60, (2, 0), lost=True)

    def note(self, version, status, host, at):
        """A NODATA or SKIPDATA line for the window of a host's interface that holds `at`."""
        width = WINDOW_SECONDS[version]
        offset = self.offsets[host.eni] * (width // 60)
        first = (at - offset) // width * width + offset
        if first < 0 or first + width > DAY_SECONDS:
            return
        head = f"{DAY + first} {DAY + first + width - 1} - {status}"
        line = f"2 {ACCOUNT} {host.eni} - - - - - - - {head}\n"
        if version == "v5":
            line = (f"5 {ACCOUNT} {host.eni} - - - - - - - {head} {VPC} {host.subnet} {host.instance} - - - - {REGION} "
                    f"{ZONES[host.zone]} - - - - - -\n")
        self.minutes[version][(first + width - 1) // 60].append(line)

    def idle(self, hosts):
        """A NODATA line for each window in which the interface of one of them saw nothing."""
        for version in ("v5", "v2"):
            if version not in self.minutes:
                continue
            width = WINDOW_SECONDS[version]
            busy = {(head.split(" ", 3)[2], window) for head, _, window in self.records[version]}
            for host in hosts:
                offset = self.offsets[host.eni] * (width // 60)
                for window in range((DAY_SECONDS - offset) // width):
                    if (host.eni, window) not in busy:
                        self.note(version, "NODATA", host, window * width + offset)

    def save(self, folder):
        """One object an hour and version, named as AWS names them."""
        self._lines()
        for version, minutes in self.minutes.items():
            where = os.path.join(folder, version)
            os.makedirs(where, exist_ok=True)
            for hour in range(24):
                text = "".join("".join(lines) for lines in minutes[hour * 60:hour * 60 + 60])
                if not text:
                    continue
                name = (f"{ACCOUNT}_vpcflowlogs_{REGION}_fl-0d{version}_20260105T{hour:02d}00Z_"
                        f"{os.path.basename(folder)}.log")
                with open(os.path.join(where, name), "w", encoding="ascii", newline="\n") as out:
                    out.write(HEADERS[version])
                    out.write(text)


def windows(start, end, width, offset, packets, size, flags):
    """(first second, last second, packets, bytes, flags) of each window, by its share of the time; the shares add up to
    the whole. Windows without a packet, and those that do not lie in the day, are left out."""
    low, high = (start - offset) // width, (end - offset) // width
    if low == high:
        whole = start >= 0 and end < DAY_SECONDS
        return ((start, end, packets, size, flags[0] | flags[1]),) if whole else ()
    first, last = flags
    lasts = end - start + 1
    found = []
    for i in range(low, high + 1):
        edge = i * width + offset
        begin, stop = max(start, edge), min(end, edge + width - 1)
        before, after = begin - start, stop - start + 1
        share = packets * after // lasts - packets * before // lasts
        if share and begin >= 0 and stop < DAY_SECONDS:
            found.append((begin, stop, share, size * after // lasts - size * before // lasts,
                          first * (i == low) | last * (i == high)))
    return found


def _side(end):
    return "prod" if end.side == "vpc" else end.side
