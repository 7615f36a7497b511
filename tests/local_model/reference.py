"""The tool library's twelve tools, written by hand from their descriptions: what any model's code is measured against.

Read as text and run in both interpreters like every tool; `db` and the functions that are used here come from the prelude.
"""

# ruff: noqa: F821, RET503 - the prelude's names, of which `db.reject` never comes back


def find_member(db: Database, email: str) -> dict:
    for member in db.find("member"):
        if member["email"] == email:
            return {
                "member_id": member["member_id"],
                "full_name": member["full_name"],
                "email": email,
                "active": member["active"],
                "balance": member["balance"],
            }
    db.reject("member_not_found", f"Nobody with the address {email!r} is a member.")


def pay_fees(db: Database, member_id: str, amount: float) -> dict:
    member = db.get("member", member_id)
    if member is None:
        db.reject("member_not_found", f"There is no member {member_id!r}.")
    owed = member["balance"]
    if amount > owed:
        db.reject("more_than_owed", f"No more than {owed} can be paid.")
    rest = money(owed - amount)
    db.update("member", member_id, {"balance": rest})
    return {"member_id": member_id, "balance": rest}


def get_equipment(db: Database, equipment_id: str) -> dict:
    tool = db.get("equipment", equipment_id)
    if tool is None:
        db.reject("tool_not_found", f"There is no tool {equipment_id!r}.")
    return {name: tool[name] for name in ("equipment_id", "name", "category", "daily_fee", "status")}


def search_equipment(
    db: Database,
    name: str | None = None,
    category: str | None = None,
    status: str | None = None,
    maximum_fee: float | None = None,
    limit: int = 10,
) -> dict:
    wanted = {}
    if category is not None:
        wanted["category"] = category
    if status is not None:
        wanted["status"] = status
    if maximum_fee is not None:
        wanted["daily_fee"] = {"<=": maximum_fee}
    found = [tool for tool in db.find("equipment", wanted) if name is None or contains(tool["name"], name)]
    found.sort(key=lambda tool: tool["daily_fee"])
    columns = ("equipment_id", "name", "category", "daily_fee", "status")
    return {"tools": [{column: tool[column] for column in columns} for tool in found[:limit]]}


def report_damage(db: Database, equipment_id: str, note: str) -> dict:
    tool = db.get("equipment", equipment_id)
    if tool is None:
        db.reject("tool_not_found", f"There is no tool {equipment_id!r}.")
    status = tool["status"]
    if status != "available":
        db.reject("tool_not_available", f"Only tools on the shelf can be taken out, this one is {status}.")
    report = db.insert("report", {"equipment_id": equipment_id, "note": note, "reported_at": db.now()})
    db.update("equipment", equipment_id, {"status": "in_repair"})
    return {"equipment_id": equipment_id, "status": "in_repair", "report_id": report["report_id"]}


def list_loans(db: Database, member_id: str, status: str | None = None, limit: int = 20) -> dict:
    if db.get("member", member_id) is None:
        db.reject("member_not_found", f"There is no member {member_id!r}.")
    loans = []
    for loan in sorted(db.find("loan", {"member_id": member_id}), key=lambda loan: loan["due_on"]):
        if len(loans) < limit and (status is None or loan["status"] == status):
            loans.append(
                {
                    "loan_id": loan["loan_id"],
                    "member_id": member_id,
                    "equipment_id": loan["equipment_id"],
                    "due_on": loan["due_on"],
                    "renewals": loan["renewals"],
                    "status": loan["status"],
                }
            )
    return {"loans": loans}


def borrow_equipment(db: Database, member_id: str, days: int, equipment_id: str) -> dict:
    member = db.get("member", member_id)
    tool = db.get("equipment", equipment_id)
    if member is None:
        db.reject("member_not_found", f"There is no member {member_id!r}.")
    if tool is None:
        db.reject("equipment_not_found", f"There is no tool {equipment_id!r}.")
    if tool["status"] != "available":
        db.reject("equipment_not_available", f"It can't be borrowed, it is {tool['status']}.")
    if not member["active"]:
        db.reject("membership_inactive", f"{member['full_name']} has not paid for this year.")
    if member["balance"] > 0:
        db.reject("fees_open", f"Please pay {member['balance']} first.")
    out = [loan for loan in db.find("loan", {"member_id": member_id}) if loan["status"] == "open"]
    if len(out) > 2:
        db.reject("too_many_loans", "Three tools are the most.")
    due_on = add_days(date_of(db.now()), days)
    db.update("equipment", equipment_id, {"status": "on_loan"})
    loan = db.insert(
        "loan",
        {"member_id": member_id, "equipment_id": equipment_id, "due_on": due_on, "renewals": 0, "status": "open"},
    )
    return {"loan_id": loan["loan_id"], "due_on": due_on, "status": "open"}


def extend_loan(db: Database, member_id: str, loan_id: str, days: int) -> dict:
    loan = db.get("loan", loan_id)
    if db.get("member", member_id) is None:
        db.reject("member_not_found", f"There is no member {member_id!r}.")
    if loan is None:
        db.reject("loan_not_found", f"There is no loan {loan_id!r}.")
    if loan["member_id"] != member_id:
        db.reject("not_your_loan", "Somebody else has that tool.")
    if loan["status"] == "returned":
        db.reject("loan_closed", "That tool was returned.")
    if loan["due_on"] < date_of(db.now()):
        db.reject("loan_overdue", f"It should have been back on {loan['due_on']}.")
    if loan["renewals"] >= 2:
        db.reject("extended_twice", f"{loan['renewals']} times are enough.")
    if db.count("hold", {"equipment_id": loan["equipment_id"], "status": "waiting"}):
        db.reject("somebody_waits", "Others wait for it.")
    changed = db.update("loan", loan_id, {"renewals": loan["renewals"] + 1, "due_on": add_days(loan["due_on"], days)})
    return {"loan_id": loan_id, "due_on": changed["due_on"]}


def return_equipment(db: Database, member_id: str, loan_id: str) -> dict:
    member = db.get("member", member_id)
    if member is None:
        db.reject("member_not_found", f"There is no member {member_id!r}.")
    loan = db.get("loan", loan_id)
    if loan is None:
        db.reject("loan_not_found", f"There is no loan {loan_id!r}.")
    if loan["member_id"] != member_id:
        db.reject("not_your_loan", "Somebody else has that tool.")
    if loan["status"] == "returned":
        db.reject("loan_closed", "That tool was returned.")
    late = days_between(loan["due_on"], date_of(db.now()))
    fee = 0.0
    for tool in db.find("equipment", {"equipment_id": loan["equipment_id"]}):
        if late > 0:
            fee = money(tool["daily_fee"] * late)
            db.update("member", member_id, {"balance": money(member["balance"] + tool["daily_fee"] * late)})
        db.update("equipment", tool["equipment_id"], {"status": "available"})
    db.update("loan", loan_id, {"status": "returned"})
    return {"loan_id": loan_id, "status": "returned", "late_fee": fee}


def quote_late_fee(db: Database, loan_id: str) -> dict:
    loan = db.get("loan", loan_id)
    if loan is None:
        db.reject("loan_not_found", f"There is no loan {loan_id!r}.")
    if loan["status"] == "returned":
        db.reject("loan_closed", "That tool was returned.")
    late = days_between(loan["due_on"], date_of(db.now()))
    if late < 0:
        late = 0
    tool = db.find("equipment", {"equipment_id": loan["equipment_id"]})[0]
    return {"loan_id": loan_id, "days_late": late, "fee": money(late * tool["daily_fee"])}


def place_hold(db: Database, member_id: str, equipment_id: str) -> dict:
    if db.get("member", member_id) is None:
        db.reject("member_not_found", f"There is no member {member_id!r}.")
    tool = db.get("equipment", equipment_id)
    if tool is None:
        db.reject("equipment_not_found", f"There is no tool {equipment_id!r}.")
    if tool["status"] != "on_loan":
        db.reject("equipment_not_on_loan", f"There is nothing to wait for, the tool is {tool['status']}.")
    waiting = db.find("hold", {"equipment_id": equipment_id, "status": "waiting"})
    for hold in waiting:
        if hold["member_id"] == member_id:
            db.reject("already_waiting", "Once is enough.")
    if len(waiting) >= 2:
        db.reject("list_full", "Two others wait.")
    hold = db.insert(
        "hold",
        {"member_id": member_id, "equipment_id": equipment_id, "placed_at": db.now(), "status": "waiting"},
    )
    return {"hold_id": hold["hold_id"], "status": "waiting"}


def cancel_hold(db: Database, member_id: str, hold_id: str) -> dict:
    hold = db.get("hold", hold_id)
    if db.get("member", member_id) is None:
        db.reject("member_not_found", f"There is no member {member_id!r}.")
    if hold is None:
        db.reject("hold_not_found", f"There is no hold {hold_id!r}.")
    if hold["member_id"] != member_id:
        db.reject("not_your_hold", "It is somebody else's.")
    if hold["status"] != "waiting":
        db.reject("hold_closed", f"It was {hold['status']}.")
    db.update("hold", hold_id, {"status": "cancelled"})
    return {"hold_id": hold_id, "status": "cancelled"}
