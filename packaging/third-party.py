"""A page of the crates that are linked in, with their licences, from `cargo metadata`."""

import html
import json
import sys

metadata = json.load(sys.stdin)
packages = {package["id"]: package for package in metadata["packages"]}
nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
linked, todo = set(), [metadata["resolve"]["root"]]
while todo:
    one = todo.pop()
    if one in linked:
        continue
    linked.add(one)
    for dependency in nodes[one]["deps"]:
        if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
            todo.append(dependency["pkg"])
rows = sorted((packages[one]["name"], packages[one]["version"], packages[one]["license"] or "see its sources") for one in linked)
print("<!doctype html><meta charset=utf-8><title>Crates in tenantry</title><table><tr><th>crate<th>version<th>licence")
for row in rows:
    print("<tr>" + "".join(f"<td>{html.escape(cell)}" for cell in row))
print("</table>")
