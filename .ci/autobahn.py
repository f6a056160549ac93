"""The Autobahn cases, driven by kosoku against an echo of the server's own WebSocket stack: none may fail.

usage: autobahn.py ECHO [KOSOKU]      the example ws_echo, and the suite's command
"""
import collections, json, pathlib, subprocess, sys, tempfile

COMPRESSION = ["-x", "12.*", "-x", "13.*"]  # not spoken: no extension is negotiated
CASES = 301  # all others; fewer, and the suite did not run as it should

echo = subprocess.Popen([sys.argv[1], "127.0.0.1:0"], stdout=subprocess.PIPE, text=True)
try:
    address = echo.stdout.readline().split()[-1]
    with tempfile.TemporaryDirectory() as reports:
        suite = [*(sys.argv[2:] or ["kosoku"]), "-p", "4", *COMPRESSION, "-o", reports, f"ws://{address}"]
        run = subprocess.run(suite, timeout=300, capture_output=True, text=True)
        index = pathlib.Path(reports, "index.json")
        if not index.exists():
            sys.exit(f"{run.stdout}{run.stderr}the suite left no report")
        [cases] = json.loads(index.read_text()).values()
finally:
    echo.kill()

by_outcome = collections.defaultdict(list)
for case, result in cases.items():
    outcomes = {result["behavior"], result["behaviorClose"]}
    outcome = next((one for one in outcomes if one not in ("OK", "NON-STRICT", "INFORMATIONAL")), result["behavior"])
    by_outcome[outcome].append(case)
for outcome, names in sorted(by_outcome.items()):
    print(f"{len(names):4} {outcome}" + ("" if outcome == "OK" else f": {', '.join(sorted(names))}"))
failed = sum(len(names) for outcome, names in by_outcome.items() if outcome not in ("OK", "NON-STRICT", "INFORMATIONAL"))
print(f"{len(cases)} cases, {failed} failed")
sys.exit(failed > 0 or len(cases) < CASES)
