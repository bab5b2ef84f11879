"""Users, accounts and organizations for the real Slurm, harmless and hostile, in the format of ``sacctmgr dump``."""

PLAIN = {
    "cs": ("cs", "cs-nlp", "cs-vision"),
    "cs-instr": ("cmsc421", "cmsc422"),
    "aoes": ("aoes", "aoes-climate"),
    "phys": ("phys", "phys-qcd"),
}
HOSTILE = {
    "pipe": "life|sci|ences",
    "quotes": 'o`neil \\ "x" {y}=z\\n',
    "umlaut": "größe и 数学",
    "blanks": "computer   science",
    "blank": "computer science",
    "tab": "mathe\tmatics",
    "long": "institute of " + "very " * 40 + "long names",
    "separators": "line\u2028sep\x0bvt\x1cfs\x85nel",
    "percent": "100% <b>&amp;</b>,",
}
SCHOOLS = {"CEC": ["cs", "cs-instr"], "COS": ["AOES", "phys"], "CLA": ["computer science"]}


def associations(users: int) -> str:
    """Return plain accounts with ``users`` users (a tenth has a second account) and hostile ones with two each."""
    accounts = [(account, organization) for organization, group in PLAIN.items() for account in group]
    members: dict[str, dict[str, str]] = {account: {} for account, _ in accounts}
    for index in range(users):
        home = accounts[index % len(accounts)][0]
        members[home][f"u{index:04d}"] = home
        if index % 10 == 0:
            members[accounts[(index + 3) % len(accounts)][0]][f"u{index:04d}"] = home
    members |= {account: {f"{account}{number}": account for number in (1, 2)} for account in HOSTILE}
    lines = [f"Account - '{account}':Organization='{organization}'" for account, organization in accounts]
    lines += [f"Account - '{account}':Organization='{organization}'" for account, organization in HOSTILE.items()]
    for account, homes in members.items():
        lines.append(f"Parent - '{account}'")
        lines += [f"User - '{user}':DefaultAccount='{home}'" for user, home in homes.items()]
    return "\n".join(lines) + "\n"
