#!/usr/bin/env python3
"""Writes both days, their inventories and policies. usage: tests/days/generate.py FOLDER [VERSION...]"""
import os
import pathlib
import shutil
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import innocent  # noqa: E402
import planted  # noqa: E402
from world import ACCOUNT, VPC, World  # noqa: E402
from writer import Day, Rng  # noqa: E402

POLICIES = ("policy.yaml", "policy_cost.yaml")


def write(folder, versions=("v2", "v5", "tgw")):
    """FOLDER/innocent and FOLDER/bad, each with a policy, an inventory and a folder of records for each version; that
    of bad holds what is planted only: the bad day is both."""
    world = World()
    day = Day(world, versions)
    innocent.play(day)
    finish(folder, "innocent", day)
    day = Day(world, versions)
    planted.play(day)
    finish(folder, "bad", day)


def finish(folder, name, day):
    where = os.path.join(folder, name)
    os.makedirs(where, exist_ok=True)
    day.save(where)
    for policy in POLICIES:
        shutil.copy(HERE / policy, where)
    inventory(where, day.world)


def inventory(folder, world):
    with open(os.path.join(folder, "inventory.csv"), "w", encoding="ascii", newline="\n") as out:
        out.write("address,interface,vpc,account,az,name,sg,tags\n")
        for end in world.rows:
            role = end.name.rstrip("0123456789")
            out.write(f"{end.address},{end.eni},{VPC},{ACCOUNT},{end.zone},{end.name},sg-{role},Role={role}\n")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    write(sys.argv[1], tuple(sys.argv[2:]) or ("v2", "v5", "tgw"))
