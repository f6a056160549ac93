"""Every link in the documents to a file of this repository, or to a heading of one, leads somewhere."""
import pathlib, re, subprocess, sys

def anchors(path):
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}

files = subprocess.run(["git", "ls-files", "*.md"], capture_output=True, text=True, check=True).stdout.split()
count, broken = 0, []
for name in map(pathlib.Path, files):
    prose = re.sub(r"^```.*?^```", "", name.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose)):
        if re.match(r"[a-z]+:", target):
            continue
        count += 1
        path, _, anchor = target.partition("#")
        to = name.parent / path if path else name
        if not to.exists() or (anchor and to.suffix == ".md" and anchor not in anchors(to)):
            broken.append(f"{name}: {target} leads nowhere")
print(f"{count} links in {len(files)} documents")
sys.exit("\n".join(broken) or None)
