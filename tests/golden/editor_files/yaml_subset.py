"""The YAML that policies are written in: block maps and lists, flow collections, quoted and plain scalars, comments."""
import re


def scalar(text):
    text = text.strip()
    if text[:1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if text[:1] == "'":
        return text[1:-1].replace("''", "'")
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d+", text):
        return int(text)
    if re.fullmatch(r"-?\d+\.\d+", text):
        return float(text)
    return None if text in ("", "~", "null") else text


def strip_comment(line):
    quote = None
    for i, c in enumerate(line):
        if quote:
            quote = None if c == quote and line[i - 1] != "\\" else quote
        elif c in "\"'" and (i == 0 or line[i - 1] in " [{,:"):
            quote = c
        elif c == "#" and (i == 0 or line[i - 1].isspace()):
            return line[:i].rstrip()
    return line.rstrip()


class Flow:
    def __init__(self, text):
        self.text, self.at = text, 0

    def skip(self):
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def value(self, ends=",]}"):
        self.skip()
        c = self.text[self.at]
        if c == "[":
            return self.members("]")
        if c == "{":
            return self.members("}")
        begin = self.at
        if c in "\"'":
            self.at = self.text.index(c, self.at + 1) + 1
            while self.text[self.at - 2] == "\\":
                self.at = self.text.index(c, self.at) + 1
        else:
            while self.at < len(self.text) and self.text[self.at] not in ends and not (
                    self.text[self.at] == ":" and self.text[self.at + 1:self.at + 2] in ("", " ")):
                self.at += 1
        return scalar(self.text[begin:self.at])

    def members(self, end):
        self.at += 1
        out = [] if end == "]" else {}
        while True:
            self.skip()
            if self.text[self.at] == end:
                self.at += 1
                return out
            item = self.value()
            self.skip()
            if end == "}":
                assert self.text[self.at] == ":", self.text[self.at:]
                self.at += 1
                out[str(item)] = self.value()
            else:
                out.append(item)
            self.skip()
            if self.text[self.at] == ",":
                self.at += 1


def split_key(text):
    match = re.match(r"""("[^"]*"|'[^']*'|[^\s\[{"'][^:]*?)\s*:(\s+|$)""", text)
    return (str(scalar(match.group(1))), text[match.end():]) if match else None


def parse_lines(lines):
    def indent(line):
        return len(line) - len(line.lstrip())

    def inline(text):
        # A flow collection may go on over lines.
        while text[:1] in "[{" and (text.count("[") > text.count("]") or text.count("{") > text.count("}")):
            text += " " + lines.pop(0).strip()
        return Flow(text).value() if text[:1] in ("[", "{") else scalar(text)

    def block(level):
        out = None
        while lines and indent(lines[0]) == level:
            text = lines[0].strip()
            if text.startswith("- ") or text == "-":
                out = [] if out is None else out
                rest = text[1:].strip()
                lines.pop(0)
                if split_key(rest) and rest[:1] not in "[{":
                    inner = level + len(text) - len(text[1:].lstrip())
                    lines.insert(0, " " * inner + rest)
                    out.append(block(inner))
                else:
                    out.append(inline(rest) if rest else block(indent(lines[0])))
                continue
            key, rest = split_key(text)
            out = {} if out is None else out
            lines.pop(0)
            if rest.strip() in ("|", ">", "|-", ">-"):
                words = []
                while lines and indent(lines[0]) > level:
                    words.append(lines.pop(0).strip())
                out[key] = "\n".join(words)
            elif rest:
                out[key] = inline(rest.strip())
            elif lines and (indent(lines[0]) > level or (indent(lines[0]) == level and lines[0].strip()[:1] == "-")):
                out[key] = block(indent(lines[0]))
            else:
                out[key] = None
        return out

    return block(0)


def load(text):
    return parse_lines([line for line in map(strip_comment, text.splitlines()) if line.strip() and line != "---"])
