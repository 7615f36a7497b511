"""The bicycle workshop's tools as a careful programmer would write them by hand, against the contracts' steps.

Not imported: the scripted server reads the functions as text and answers with them, one by one.
"""
# ruff: noqa: F821, RET503
# pyright: reportUndefinedVariable=false


def find_customer_by_email(db: Database, email: str) -> dict:
    """Finds the customer account that an e-mail address belongs to."""
    found = db.find("customer", {"email": email})
    if not found:
        db.reject("customer_not_found", f"No customer with email {email!r}.")
    return dict(found[0])


def update_customer(db: Database, customer_id: str, phone: str | None = None, city: str | None = None) -> dict:
    """Changes a customer's phone number or city."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    changes = {}
    if phone is not None:
        changes["phone"] = phone
    if city is not None:
        changes["city"] = city
    if not changes:
        db.reject("nothing_to_update", "Give at least one value to change.")
    updated = db.update("customer", customer_id, changes)
    return {"customer_id": customer_id, "phone": updated["phone"], "city": updated["city"]}


def join_repair_club(db: Database, customer_id: str) -> dict:
    """Makes a customer a member of the repair club for 25 EUR of store credit."""
    fee = 25
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    if customer["club_member"]:
        db.reject("already_member", "The customer is in the club already.")
    if customer["credit"] < fee:
        db.reject("insufficient_credit", f"The credit is {customer['credit']} EUR only.")
    left = money(customer["credit"] - fee)
    db.update("customer", customer_id, {"club_member": True, "credit": left})
    return {"customer_id": customer_id, "club_member": True, "credit": left}


def get_account_summary(db: Database, customer_id: str) -> dict:
    """Sums up a customer's account."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    to_pay = 0.0
    under_way = 0
    for bicycle in db.find("bicycle", {"customer_id": customer_id}):
        for repair in db.find("repair", {"bicycle_id": bicycle["bicycle_id"]}):
            if repair["status"] in ("requested", "in_progress"):
                under_way += 1
            for invoice in db.find("invoice", {"repair_id": repair["repair_id"], "status": "open"}):
                to_pay += invoice["amount"] - invoice["paid_amount"]
    return {"credit": customer["credit"], "to_pay": money(to_pay), "repairs_under_way": under_way}


def search_mechanics(
    db: Database,
    full_name: str | None = None,
    specialty: str | None = None,
    on_duty: bool | None = None,
    limit: int = 20,
) -> dict:
    """Finds mechanics by name, specialty or whether they are on duty."""
    wanted = {}
    if full_name is not None:
        wanted["full_name"] = {"contains": full_name}
    if specialty is not None:
        wanted["specialty"] = specialty
    if on_duty is not None:
        wanted["on_duty"] = on_duty
    found = sorted(db.find("mechanic", wanted), key=lambda mechanic: mechanic["full_name"])
    return {"mechanics": [dict(mechanic) for mechanic in found[:limit]]}


def get_mechanic_workload(db: Database, mechanic_id: str) -> dict:
    """Tells how busy a mechanic is."""
    if db.get("mechanic", mechanic_id) is None:
        db.reject("mechanic_not_found", f"No mechanic {mechanic_id!r}.")
    repairs = 0
    for repair in db.find("repair", {"mechanic_id": mechanic_id}):
        if repair["status"] == "requested" or repair["status"] == "in_progress":
            repairs += 1
    today = date_of(db.now())
    appointments = [
        appointment
        for appointment in db.find("appointment", {"mechanic_id": mechanic_id, "status": "booked"})
        if date_of(appointment["starts_at"]) == today
    ]
    return {"open_repairs": repairs, "appointments_today": len(appointments)}


def register_bicycle(
    db: Database,
    customer_id: str,
    brand: str,
    model: str,
    kind: str,
    frame_number: str,
    remark: str | None = None,
) -> dict:
    """Registers a bicycle for a customer."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    most = 8 if customer["club_member"] else 3
    if db.count("bicycle", {"customer_id": customer_id}) >= most:
        db.reject("too_many_bicycles", "No more bicycles can be registered.")
    if db.count("bicycle", {"frame_number": frame_number}):
        db.reject("frame_number_taken", "There is a bicycle with this frame number already.")
    bicycle = db.insert(
        "bicycle",
        {
            "customer_id": customer_id,
            "brand": brand,
            "model": model,
            "kind": kind,
            "frame_number": frame_number,
            "remark": remark,
            "registered_at": db.now(),
        },
    )
    return {"bicycle_id": bicycle["bicycle_id"], "model": model}


def list_bicycles(
    db: Database,
    customer_id: str,
    kind: str | None = None,
    model: str | None = None,
    limit: int = 20,
) -> dict:
    """Lists the bicycles of a customer."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    bicycles = db.find("bicycle", {"customer_id": customer_id})
    if kind is not None:
        bicycles = [bicycle for bicycle in bicycles if bicycle["kind"] == kind]
    if model is not None:
        bicycles = [bicycle for bicycle in bicycles if contains(bicycle["model"], model)]
    bicycles = sorted(bicycles, key=lambda bicycle: bicycle["registered_at"], reverse=True)
    found = []
    for bicycle in bicycles[:limit]:
        answer = dict(bicycle)
        answer["customer_full_name"] = customer["full_name"]
        found.append(answer)
    return {"bicycles": found}


def find_bicycle_by_frame_number(db: Database, frame_number: str) -> dict:
    """Finds a bicycle by the number on its frame."""
    for bicycle in db.find("bicycle", {"frame_number": frame_number}):
        return dict(bicycle)
    db.reject("bicycle_not_found", f"No bicycle with frame number {frame_number!r}.")


def update_bicycle(
    db: Database,
    customer_id: str,
    bicycle_id: str,
    brand: str | None = None,
    model: str | None = None,
    remark: str | None = None,
) -> dict:
    """Corrects brand, model or remark of a bicycle."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    bicycle = db.get("bicycle", bicycle_id)
    if bicycle is None:
        db.reject("bicycle_not_found", f"No bicycle {bicycle_id!r}.")
    if bicycle["customer_id"] != customer_id:
        db.reject("not_your_bicycle", "The bicycle is not yours.")
    given = {"brand": brand, "model": model, "remark": remark}
    changes = {column: value for column, value in given.items() if value is not None}
    if not changes:
        db.reject("nothing_to_update", "Give at least one value to change.")
    updated = db.update("bicycle", bicycle_id, changes)
    return {
        "bicycle_id": bicycle_id,
        "brand": updated["brand"],
        "model": updated["model"],
        "remark": updated["remark"],
    }


def remove_bicycle(db: Database, customer_id: str, bicycle_id: str) -> dict:
    """Removes a bicycle that no repair was ever requested for."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    bicycle = db.get("bicycle", bicycle_id)
    if bicycle is None:
        db.reject("bicycle_not_found", f"No bicycle {bicycle_id!r}.")
    if bicycle["customer_id"] != customer_id:
        db.reject("not_your_bicycle", "The bicycle is not yours.")
    if db.count("repair", {"bicycle_id": bicycle_id}) > 0:
        db.reject("bicycle_has_repairs", "The bicycle still has repairs.")
    db.delete("bicycle", bicycle_id)
    return {"bicycle_id": bicycle_id, "deleted": True}


def hand_over_bicycle(db: Database, customer_id: str, bicycle_id: str, new_owner_id: str) -> dict:
    """Hands a bicycle over to another customer."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    bicycle = db.get("bicycle", bicycle_id)
    if bicycle is None:
        db.reject("bicycle_not_found", f"No bicycle {bicycle_id!r}.")
    new_owner = db.get("customer", new_owner_id)
    if new_owner is None:
        db.reject("new_owner_not_found", f"No new owner {new_owner_id!r}.")
    if bicycle["customer_id"] != customer_id:
        db.reject("not_your_bicycle", "The bicycle is not yours.")
    if new_owner_id == customer_id:
        db.reject("same_owner", "The bicycle is yours already.")
    for repair in db.find("repair", {"bicycle_id": bicycle_id}):
        if repair["status"] not in ("collected", "cancelled"):
            db.reject("repair_open", "Collect the bicycle from its repair first.")
    db.update("bicycle", bicycle_id, {"customer_id": new_owner_id})
    return {"bicycle_id": bicycle_id, "new_owner": new_owner["full_name"]}


def search_parts(db: Database, title: str | None = None, fits: str | None = None, limit: int = 20) -> dict:
    """Finds spare parts by title or by the kind of bicycle that they fit."""

    def suits(part: dict) -> bool:
        if title is not None and not contains(part["title"], title):
            return False
        return fits is None or part["fits"] == fits

    found = sorted([dict(part) for part in db.find("part") if suits(part)], key=lambda part: part["title"])
    return {"parts": found[:limit]}


def find_part_by_sku(db: Database, sku: str) -> dict:
    """Finds a spare part by its article number."""
    found = db.find("part", {"sku": sku})
    if len(found) == 0:
        db.reject("part_not_found", f"No part with sku {sku!r}.")
    part = found[0]
    return {
        "part_id": part["part_id"],
        "title": part["title"],
        "sku": part["sku"],
        "price": part["price"],
        "stock": part["stock"],
        "fits": part["fits"],
    }


def get_part_offer(db: Database, part_id: str, quantity: int) -> dict:
    """Tells what a number of parts costs and whether the stock suffices."""
    part = db.get("part", part_id)
    if part is None:
        db.reject("part_not_found", f"No part {part_id!r}.")
    total = part["price"] * quantity
    if quantity >= 10:
        total = total * 0.95
    return {"total": money(total), "in_stock": quantity <= part["stock"]}


def request_repair(db: Database, customer_id: str, bicycle_id: str, work: str, problem: str, due_on: str) -> dict:
    """Requests a repair of one's bicycle."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    bicycle = db.get("bicycle", bicycle_id)
    if bicycle is None:
        db.reject("bicycle_not_found", f"No bicycle {bicycle_id!r}.")
    if bicycle["customer_id"] != customer_id:
        db.reject("not_your_bicycle", "The bicycle is not yours.")
    electrics = work == "electrics"
    if electrics and bicycle["kind"] not in ("electric", "cargo"):
        db.reject("no_electrics", f"A {bicycle['kind']} bicycle has no electrics.")
    unfinished = ("requested", "in_progress", "finished")
    if any(repair["status"] in unfinished for repair in db.find("repair", {"bicycle_id": bicycle_id})):
        db.reject("repair_open", "The bicycle is in repair already.")
    today = date_of(db.now())
    if due_on < add_days(today, 2):
        db.reject("due_too_soon", "Allow two days at least.")
    if due_on > add_days(today, 56):
        db.reject("due_too_late", "Eight weeks ahead at most.")
    repair = db.insert(
        "repair",
        {
            "bicycle_id": bicycle_id,
            "work": work,
            "problem": problem,
            "labour_price": 80.0 if electrics else 45.0,
            "express": False,
            "due_on": due_on,
            "requested_at": db.now(),
            "status": "requested",
        },
    )
    return {name: repair[name] for name in ("repair_id", "labour_price", "express", "status")}


def get_repair(db: Database, repair_id: str) -> dict:
    """Returns a repair with its state, price of labour and due date."""
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    bicycle = db.find("bicycle", {"bicycle_id": repair["bicycle_id"]})[0]
    return {**repair, "bicycle_model": bicycle["model"]}


def list_repairs_of_bicycle(db: Database, bicycle_id: str, status: str | None = None, limit: int = 20) -> dict:
    """Lists the repairs of a bicycle."""
    bicycle = db.get("bicycle", bicycle_id)
    if bicycle is None:
        db.reject("bicycle_not_found", f"No bicycle {bicycle_id!r}.")
    where = {"bicycle_id": bicycle_id}
    if status is not None:
        where["status"] = status
    repairs = db.find("repair", where)
    repairs = sorted(repairs, key=lambda repair: repair["requested_at"], reverse=True)[:limit]
    return {"repairs": [{**repair, "bicycle_model": bicycle["model"]} for repair in repairs]}


def change_due_date(db: Database, customer_id: str, repair_id: str, due_on: str) -> dict:
    """Sets another day on which the bicycle shall be ready."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if repair["status"] != "requested":
        db.reject("repair_not_requested", f"The repair is {repair['status']}.")
    if repair["due_on"] == due_on:
        db.reject("date_unchanged", f"The repair is due on {due_on} already.")
    if days_between(date_of(db.now()), due_on) < 2:
        db.reject("due_too_soon", "Allow two days at least.")
    db.update("repair", repair_id, {"due_on": due_on})
    return {"repair_id": repair_id, "due_on": due_on}


def make_express(db: Database, customer_id: str, repair_id: str) -> dict:
    """Makes a repair an express one that is due tomorrow."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if repair["status"] not in ("requested", "in_progress"):
        db.reject("wrong_repair_state", f"The repair is {repair['status']}.")
    if repair["express"]:
        db.reject("already_express", "The repair is an express one already.")
    if repair["labour_price"] > 400:
        db.reject("too_large_for_express", "Repairs with more than 400 EUR of labour take their time.")
    open_express = 0
    for status in ("requested", "in_progress"):
        open_express += db.count("repair", {"express": True, "status": status})
    if open_express >= 3:
        db.reject("express_full", "Three express repairs are open already.")
    updated = db.update(
        "repair",
        repair_id,
        {
            "express": True,
            "due_on": add_days(date_of(db.now()), 1),
            "labour_price": money(repair["labour_price"] * 1.5),
        },
    )
    return {
        "repair_id": repair_id,
        "express": True,
        "due_on": updated["due_on"],
        "labour_price": updated["labour_price"],
    }


def assign_mechanic(db: Database, customer_id: str, repair_id: str, mechanic_id: str) -> dict:
    """Chooses the mechanic for a repair that has not begun."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    mechanic = db.get("mechanic", mechanic_id)
    if mechanic is None:
        db.reject("mechanic_not_found", f"No mechanic {mechanic_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if repair["status"] != "requested":
        db.reject("repair_not_requested", f"The repair is {repair['status']}.")
    if repair["mechanic_id"] == mechanic_id:
        db.reject("same_mechanic", "It is the mechanic of this repair already.")
    if not mechanic["on_duty"]:
        db.reject("mechanic_off_duty", f"{mechanic['full_name']} is not on duty.")
    if mechanic["specialty"] != repair["work"]:
        db.reject("wrong_specialty", f"{mechanic['full_name']} is best at {mechanic['specialty']}.")
    busy_with = db.find("repair", {"mechanic_id": mechanic_id, "status": {"in": ["requested", "in_progress"]}})
    if len(busy_with) >= 4:
        db.reject("mechanic_busy", f"{mechanic['full_name']} has four open repairs.")
    db.update("repair", repair_id, {"mechanic_id": mechanic_id})
    return {"repair_id": repair_id, "mechanic_id": mechanic_id}


def unassign_mechanic(db: Database, customer_id: str, repair_id: str) -> dict:
    """Takes the mechanic off a repair that has not begun."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if repair["status"] != "requested":
        db.reject("repair_not_requested", f"The repair is {repair['status']}.")
    if repair["mechanic_id"] is None:
        db.reject("no_mechanic", "The repair has no mechanic.")
    db.update("repair", repair_id, {"mechanic_id": None})
    return {"repair_id": repair_id, "mechanic_id": None}


def start_repair(db: Database, customer_id: str, repair_id: str) -> dict:
    """Lets the work begin."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if repair["status"] != "requested":
        db.reject("repair_not_requested", f"The repair is {repair['status']}.")
    if repair["mechanic_id"] is None:
        db.reject("no_mechanic", "Choose a mechanic first.")
    if not db.find("quote", {"repair_id": repair_id, "status": "accepted"}):
        db.reject("quote_not_accepted", "Accept a quote first.")
    repair = db.update("repair", repair_id, {"status": "in_progress"})
    return {"repair_id": repair_id, "status": repair["status"]}


def finish_repair(db: Database, customer_id: str, repair_id: str) -> dict:
    """Reports a repair as finished and makes out the invoice over labour and parts."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if repair["status"] != "in_progress":
        db.reject("repair_not_in_progress", f"The repair is {repair['status']}.")
    parts = sum(line["price"] * line["quantity"] for line in db.find("reserved_part", {"repair_id": repair_id}))
    total = repair["labour_price"] + parts
    if total > 9000:
        db.reject("invoice_too_high", "No more than 9000 EUR can be invoiced.")
    if db.count("invoice", {"repair_id": repair_id}) > 0:
        db.reject("already_invoiced", "There is an invoice already.")
    db.update("repair", repair_id, {"status": "finished"})
    invoice = db.insert(
        "invoice",
        {
            "repair_id": repair_id,
            "amount": money(total),
            "paid_amount": 0.0,
            "due_on": add_days(date_of(db.now()), 14),
            "status": "open",
        },
    )
    return {
        "repair_id": repair_id,
        "status": "finished",
        "invoice_id": invoice["invoice_id"],
        "amount": invoice["amount"],
    }


def collect_bicycle(db: Database, customer_id: str, repair_id: str) -> dict:
    """Hands the repaired bicycle out once its invoice is paid."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if repair["status"] != "finished":
        db.reject("repair_not_finished", f"The repair is {repair['status']}.")
    paid = [invoice for invoice in db.find("invoice", {"repair_id": repair_id}) if invoice["status"] == "paid"]
    if not paid:
        db.reject("invoice_not_paid", "Pay the invoice first.")
    db.update("repair", repair_id, {"status": "collected"})
    return {"repair_id": repair_id, "status": "collected"}


def cancel_repair(db: Database, customer_id: str, repair_id: str) -> dict:
    """Cancels a repair that has not begun and declines its open quotes."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if repair["status"] != "requested":
        db.reject("repair_not_requested", f"The repair is {repair['status']}.")
    if db.count("reserved_part", {"repair_id": repair_id}) > 0:
        db.reject("parts_on_repair", "Take the parts off the repair first.")
    for quote in db.find("quote", {"repair_id": repair_id, "status": "open"}):
        db.update("quote", quote["quote_id"], {"status": "declined"})
    cancelled = db.update("repair", repair_id, {"status": "cancelled"})
    return {"repair_id": repair_id, "status": cancelled["status"]}


def add_part_to_repair(db: Database, customer_id: str, repair_id: str, part_id: str, quantity: int) -> dict:
    """Sets parts aside for a repair that is not finished."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    part = db.get("part", part_id)
    if part is None:
        db.reject("part_not_found", f"No part {part_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if db.count("reserved_part", {"repair_id": repair_id, "part_id": part_id}) > 0:
        db.reject("part_on_repair", "The part is on the repair already.")
    if repair["status"] not in ("requested", "in_progress"):
        db.reject("repair_closed", f"The repair is {repair['status']}.")
    if part["fits"] not in ("any", bicycle["kind"]):
        db.reject("part_does_not_fit", f"The part fits {part['fits']} bicycles only.")
    remaining = part["stock"] - quantity
    if remaining < 0:
        db.reject("out_of_stock", f"Only {part['stock']} are in stock.")
    line = db.insert(
        "reserved_part",
        {
            "repair_id": repair_id,
            "part_id": part_id,
            "quantity": quantity,
            "price": part["price"],
            "added_at": db.now(),
        },
    )
    db.update("part", part_id, {"stock": remaining})
    return {"reserved_part_id": line["reserved_part_id"], "price": line["price"]}


def remove_part_from_repair(db: Database, customer_id: str, reserved_part_id: str) -> dict:
    """Takes parts off a repair that is not finished and puts them back on the shelf."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    line = db.get("reserved_part", reserved_part_id)
    if line is None:
        db.reject("reserved_part_not_found", f"No reserved part {reserved_part_id!r}.")
    repair = db.find("repair", {"repair_id": line["repair_id"]})[0]
    bicycle = db.find("bicycle", {"bicycle_id": repair["bicycle_id"]})[0]
    if bicycle["customer_id"] != customer_id:
        db.reject("not_your_reserved_part", "The reserved part is not yours.")
    if repair["status"] not in ("requested", "in_progress"):
        db.reject("repair_closed", f"The repair is {repair['status']}.")
    part = db.find("part", {"part_id": line["part_id"]})[0]
    stock = part["stock"] + line["quantity"]
    if stock > 200:
        db.reject("shelf_full", "The shelf is full.")
    db.update("part", part["part_id"], {"stock": stock})
    db.delete("reserved_part", reserved_part_id)
    return {"reserved_part_id": reserved_part_id, "deleted": True}


def list_parts_of_repair(db: Database, repair_id: str, limit: int = 20) -> dict:
    """Lists the parts that are set aside for a repair."""
    if db.get("repair", repair_id) is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    lines = sorted(db.find("reserved_part", {"repair_id": repair_id}), key=lambda line: line["added_at"], reverse=True)
    found = []
    for line in lines[:limit]:
        part = db.find("part", {"part_id": line["part_id"]})[0]
        found.append({**line, "part_title": part["title"]})
    return {"reserved_parts": found}


def request_quote(db: Database, customer_id: str, repair_id: str) -> dict:
    """Makes a quote over labour and parts of a requested repair, valid for a week."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if repair["status"] != "requested":
        db.reject("repair_started", f"The repair is {repair['status']}.")
    for earlier in db.find("quote", {"repair_id": repair_id}):
        if earlier["status"] != "declined":
            db.reject("quote_exists", "There is a quote already.")
    total = repair["labour_price"]
    for line in db.find("reserved_part", {"repair_id": repair_id}):
        total += line["price"] * line["quantity"]
    if total > 9000:
        db.reject("quote_too_high", "No more than 9000 EUR can be quoted.")
    now = db.now()
    quote = db.insert(
        "quote",
        {
            "repair_id": repair_id,
            "amount": money(total),
            "valid_until": add_days(date_of(now), 7),
            "made_at": now,
            "status": "open",
        },
    )
    return {
        "quote_id": quote["quote_id"],
        "valid_until": quote["valid_until"],
        "status": quote["status"],
        "amount": quote["amount"],
    }


def accept_quote(db: Database, customer_id: str, quote_id: str) -> dict:
    """Accepts a quote while it is valid and the repair has not begun."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    quote = db.get("quote", quote_id)
    if quote is None:
        db.reject("quote_not_found", f"No quote {quote_id!r}.")
    repair = db.find("repair", {"repair_id": quote["repair_id"]})[0]
    bicycle = db.find("bicycle", {"bicycle_id": repair["bicycle_id"]})[0]
    if bicycle["customer_id"] != customer_id:
        db.reject("not_your_quote", "The quote is not yours.")
    if quote["status"] != "open":
        db.reject("quote_not_open", f"The quote is {quote['status']}.")
    if quote["valid_until"] < date_of(db.now()):
        db.reject("quote_expired", f"The quote was valid until {quote['valid_until']}.")
    if repair["status"] != "requested":
        db.reject("repair_started", f"The repair is {repair['status']}.")
    return {"quote_id": quote_id, "status": db.update("quote", quote_id, {"status": "accepted"})["status"]}


def decline_quote(db: Database, customer_id: str, quote_id: str) -> dict:
    """Declines a quote."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    quote = db.get("quote", quote_id)
    if quote is None:
        db.reject("quote_not_found", f"No quote {quote_id!r}.")
    repair = db.get("repair", quote["repair_id"])
    bicycle = db.get("bicycle", repair["bicycle_id"]) if repair is not None else None
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_quote", "The quote is not yours.")
    if quote["status"] != "open":
        db.reject("quote_not_open", f"The quote is {quote['status']}.")
    db.update("quote", quote_id, {"status": "declined"})
    return {"quote_id": quote_id, "status": "declined"}


def list_quotes(db: Database, repair_id: str, status: str | None = None, limit: int = 20) -> dict:
    """Lists the quotes for a repair."""
    if db.get("repair", repair_id) is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    quotes = []
    newest_first = sorted(db.find("quote", {"repair_id": repair_id}), key=lambda quote: quote["made_at"], reverse=True)
    for quote in newest_first:
        if len(quotes) == limit:
            break
        if status is None or quote["status"] == status:
            quotes.append(dict(quote))
    return {"quotes": quotes}


def book_appointment(db: Database, customer_id: str, mechanic_id: str, starts_at: str, purpose: str) -> dict:
    """Books half an hour with a mechanic on duty."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    mechanic = db.get("mechanic", mechanic_id)
    if mechanic is None:
        db.reject("mechanic_not_found", f"No mechanic {mechanic_id!r}.")
    if not mechanic["on_duty"]:
        db.reject("mechanic_off_duty", f"{mechanic['full_name']} is not on duty.")
    if weekday(starts_at) == 6:
        db.reject("closed_on_sunday", "The workshop is closed on Sundays.")
    now = db.now()
    if starts_at < add_minutes(now, 60):
        db.reject("too_soon", "Allow an hour at least.")
    if starts_at > add_days(now, 30):
        db.reject("too_far_ahead", "Thirty days ahead at most.")
    ends_at = add_minutes(starts_at, 30)
    for other in db.find("appointment", {"mechanic_id": mechanic_id, "status": "booked"}):
        if other["starts_at"] < ends_at and starts_at < other["ends_at"]:
            db.reject("mechanic_not_free", "The mechanic has another appointment then.")
    if db.count("appointment", {"customer_id": customer_id, "status": "booked"}) > 1:
        db.reject("too_many_appointments", "Two appointments at most.")
    appointment = db.insert(
        "appointment",
        {
            "customer_id": customer_id,
            "mechanic_id": mechanic_id,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "purpose": purpose,
            "booked_at": now,
            "status": "booked",
        },
    )
    return {"appointment_id": appointment["appointment_id"], "ends_at": ends_at, "status": "booked"}


def cancel_appointment(db: Database, customer_id: str, appointment_id: str) -> dict:
    """Cancels an appointment, up to three hours before."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    appointment = db.get("appointment", appointment_id)
    if appointment is None:
        db.reject("appointment_not_found", f"No appointment {appointment_id!r}.")
    if appointment["customer_id"] != customer_id:
        db.reject("not_your_appointment", "The appointment is not yours.")
    if appointment["status"] != "booked":
        db.reject("appointment_not_booked", f"The appointment is {appointment['status']}.")
    if add_minutes(db.now(), 3 * 60) > appointment["starts_at"]:
        db.reject("too_late_to_cancel", "Appointments can be cancelled until three hours before.")
    db.update("appointment", appointment_id, {"status": "cancelled"})
    return {"appointment_id": appointment_id, "status": "cancelled"}


def list_appointments(
    db: Database, customer_id: str, status: str | None = None, purpose: str | None = None, limit: int = 20
) -> dict:
    """Lists the appointments of a customer."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    appointments = [
        appointment
        for appointment in db.find("appointment", {"customer_id": customer_id})
        if (status is None or appointment["status"] == status)
        and (purpose is None or appointment["purpose"] == purpose)
    ]
    appointments = sorted(appointments, key=lambda appointment: appointment["booked_at"], reverse=True)
    answer = []
    for appointment in appointments[:limit]:
        mechanic = db.find("mechanic", {"mechanic_id": appointment["mechanic_id"]})[0]
        names = {"customer_full_name": customer["full_name"], "mechanic_full_name": mechanic["full_name"]}
        answer.append({**appointment, **names})
    return {"appointments": answer}


def get_invoice(db: Database, invoice_id: str) -> dict:
    """Returns an invoice with what is paid of it."""
    invoice = db.get("invoice", invoice_id)
    if not invoice:
        db.reject("invoice_not_found", f"No invoice {invoice_id!r}.")
    return {
        "invoice_id": invoice_id,
        "repair_id": invoice["repair_id"],
        "amount": invoice["amount"],
        "paid_amount": invoice["paid_amount"],
        "due_on": invoice["due_on"],
        "status": invoice["status"],
    }


def list_invoices(db: Database, repair_id: str, status: str | None = None, limit: int = 20) -> dict:
    """Lists the invoices for a repair."""
    if db.get("repair", repair_id) is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    invoices = db.find("invoice", {"repair_id": repair_id})
    invoices = sorted(invoices, key=lambda invoice: invoice["due_on"], reverse=True)
    kept = []
    for invoice in invoices:
        if status is not None and invoice["status"] != status:
            continue
        kept.append(dict(invoice))
    return {"invoices": kept[:limit]}


def pay_from_credit(db: Database, customer_id: str, invoice_id: str) -> dict:
    """Pays what is left of an invoice from the store credit."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    invoice = db.get("invoice", invoice_id)
    if invoice is None:
        db.reject("invoice_not_found", f"No invoice {invoice_id!r}.")
    repair = db.find("repair", {"repair_id": invoice["repair_id"]})[0]
    bicycle = db.find("bicycle", {"bicycle_id": repair["bicycle_id"]})[0]
    if bicycle["customer_id"] != customer_id:
        db.reject("not_your_invoice", "The invoice is not yours.")
    if invoice["status"] != "open":
        db.reject("invoice_not_open", f"The invoice is {invoice['status']}.")
    left = money(invoice["amount"] - invoice["paid_amount"])
    if customer["credit"] < left:
        db.reject("insufficient_credit", f"The credit is {customer['credit']} EUR only.")
    db.update("invoice", invoice_id, {"status": "paid", "paid_amount": invoice["amount"]})
    db.update("customer", customer_id, {"credit": money(customer["credit"] - left)})
    if left > 0:
        db.insert(
            "payment",
            {"invoice_id": invoice_id, "amount": left, "method": "credit", "received_at": db.now()},
        )
    return {"invoice_id": invoice_id, "status": "paid", "paid_amount": invoice["amount"], "paid": left}


def pay_invoice(db: Database, invoice_id: str, amount: float, method: str) -> dict:
    """Pays an invoice in whole or in part by card or in cash."""
    invoice = db.get("invoice", invoice_id)
    if invoice is None:
        db.reject("invoice_not_found", f"No invoice {invoice_id!r}.")
    if invoice["status"] != "open":
        db.reject("invoice_closed", f"The invoice is {invoice['status']}.")
    if method == "credit":
        db.reject("use_credit_tool", "Credit is used with a tool of its own.")
    if method == "cash" and amount > 1000:
        db.reject("too_much_cash", "Cash is taken up to 1000 EUR.")
    paid = money(invoice["paid_amount"] + amount)
    if paid > invoice["amount"]:
        left = money(invoice["amount"] - invoice["paid_amount"])
        db.reject("more_than_due", f"Only {left} EUR are left to pay.")
    payment = db.insert(
        "payment",
        {"invoice_id": invoice_id, "amount": amount, "method": method, "received_at": db.now()},
    )
    status = "paid" if paid == invoice["amount"] else "open"
    db.update("invoice", invoice_id, {"paid_amount": paid, "status": status})
    return {
        "payment_id": payment["payment_id"],
        "left": money(invoice["amount"] - invoice["paid_amount"] - amount),
    }


def list_payments(db: Database, invoice_id: str, method: str | None = None, limit: int = 20) -> dict:
    """Lists what was paid for an invoice."""
    if db.get("invoice", invoice_id) is None:
        db.reject("invoice_not_found", f"No invoice {invoice_id!r}.")
    where = {"invoice_id": invoice_id} if method is None else {"invoice_id": invoice_id, "method": method}
    payments = sorted(db.find("payment", where), key=lambda payment: payment["received_at"], reverse=True)
    return {"payments": [dict(payment) for payment in payments[:limit]]}


def search_rental_bikes(
    db: Database,
    name: str | None = None,
    kind: str | None = None,
    size: str | None = None,
    status: str | None = None,
    limit: int = 20,
) -> dict:
    """Finds rental bikes by name, kind, size or state."""
    bikes = db.find("rental_bike")
    if name is not None:
        bikes = [bike for bike in bikes if name.lower() in bike["name"].lower()]
    for column, value in (("kind", kind), ("size", size), ("status", status)):
        if value is not None:
            bikes = [bike for bike in bikes if bike[column] == value]
    bikes = sorted(bikes, key=lambda bike: bike["name"])
    return {"rental_bikes": [dict(bike) for bike in bikes[:limit]]}


def check_rental_dates(db: Database, rental_bike_id: str, starts_on: str, ends_on: str) -> dict:
    """Tells whether a rental bike is free and what it would cost."""
    bike = db.get("rental_bike", rental_bike_id)
    if bike is None:
        db.reject("rental_bike_not_found", f"No rental bike {rental_bike_id!r}.")
    if starts_on > ends_on:
        db.reject("invalid_dates", "The first day is after the last.")
    free = True
    for rental in db.find("rental", {"rental_bike_id": rental_bike_id}):
        taken = rental["status"] in ("booked", "running")
        if taken and rental["starts_on"] <= ends_on and starts_on <= rental["ends_on"]:
            free = False
    days = days_between(starts_on, ends_on) + 1
    return {"free": free, "price": money(bike["daily_price"] * days)}


def book_rental(db: Database, customer_id: str, rental_bike_id: str, starts_on: str, ends_on: str) -> dict:
    """Rents a bike from the first to the last day."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    bike = db.get("rental_bike", rental_bike_id)
    if bike is None:
        db.reject("rental_bike_not_found", f"No rental bike {rental_bike_id!r}.")
    if bike["status"] == "in_repair":
        db.reject("bike_in_repair", "The bike is in repair.")
    if starts_on < date_of(db.now()):
        db.reject("start_in_past", f"{starts_on} is over.")
    if ends_on < starts_on:
        db.reject("invalid_dates", "The first day is after the last.")
    days = days_between(starts_on, ends_on) + 1
    if days > 10:
        db.reject("rental_too_long", "Ten days at most.")
    for rental in db.find("rental", {"rental_bike_id": rental_bike_id, "status": {"in": ["booked", "running"]}}):
        if not (rental["ends_on"] < starts_on or rental["starts_on"] > ends_on):
            db.reject("bike_not_free", "The bike is rented out then.")
    running = [
        rental
        for rental in db.find("rental", {"customer_id": customer_id})
        if rental["status"] in ("booked", "running")
    ]
    if len(running) >= (3 if customer["club_member"] else 1):
        db.reject("too_many_rentals", "No more rentals are possible.")
    rental = db.insert(
        "rental",
        {
            "customer_id": customer_id,
            "rental_bike_id": rental_bike_id,
            "starts_on": starts_on,
            "ends_on": ends_on,
            "price": money(bike["daily_price"] * days),
            "booked_at": db.now(),
            "status": "booked",
        },
    )
    return {"rental_id": rental["rental_id"], "price": rental["price"], "status": rental["status"]}


def extend_rental(db: Database, customer_id: str, rental_id: str, ends_on: str) -> dict:
    """Moves the last day of a rental to a later one."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    rental = db.get("rental", rental_id)
    if rental is None:
        db.reject("rental_not_found", f"No rental {rental_id!r}.")
    if rental["customer_id"] != customer_id:
        db.reject("not_your_rental", "The rental is not yours.")
    if rental["status"] not in ("booked", "running"):
        db.reject("wrong_rental_state", f"The rental is {rental['status']}.")
    if ends_on <= rental["ends_on"]:
        db.reject("not_later", f"The rental lasts until {rental['ends_on']} already.")
    extra = days_between(rental["ends_on"], ends_on)
    if extra > 7:
        db.reject("extension_too_long", "A week longer at most.")
    for other in db.find("rental", {"rental_bike_id": rental["rental_bike_id"]}):
        if other["status"] in ("booked", "running") and rental["ends_on"] < other["starts_on"] <= ends_on:
            db.reject("bike_not_free", "Somebody else has the bike then.")
    bike = db.find("rental_bike", {"rental_bike_id": rental["rental_bike_id"]})[0]
    price = money(rental["price"] + bike["daily_price"] * extra)
    if price > 5000:
        db.reject("rental_too_expensive", "Rentals cost 5000 EUR at most.")
    db.update("rental", rental_id, {"ends_on": ends_on, "price": price})
    return {"rental_id": rental_id, "ends_on": ends_on, "price": price}


def pick_up_rental(db: Database, customer_id: str, rental_id: str) -> dict:
    """Hands the rental bike out on the first day or later."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    rental = db.get("rental", rental_id)
    if rental is None:
        db.reject("rental_not_found", f"No rental {rental_id!r}.")
    if rental["customer_id"] != customer_id:
        db.reject("not_your_rental", "The rental is not yours.")
    if rental["status"] != "booked":
        db.reject("rental_not_booked", f"The rental is {rental['status']}.")
    if rental["starts_on"] > date_of(db.now()):
        db.reject("too_early", f"The rental begins on {rental['starts_on']}.")
    bike_id = rental["rental_bike_id"]
    bike = db.get("rental_bike", bike_id)
    if bike is not None and bike["status"] != "available":
        db.reject("bike_not_available", f"The bike is {bike['status']}.")
    db.update("rental_bike", bike_id, {"status": "out"})
    db.update("rental", rental_id, {"status": "running"})
    return {"rental_id": rental_id, "status": "running"}


def return_rental(db: Database, customer_id: str, rental_id: str) -> dict:
    """Takes a rental bike back; days over the last one are added to the price."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    rental = db.get("rental", rental_id)
    if rental is None:
        db.reject("rental_not_found", f"No rental {rental_id!r}.")
    if rental["customer_id"] != customer_id:
        db.reject("not_your_rental", "The rental is not yours.")
    if rental["status"] != "running":
        db.reject("rental_not_running", f"The rental is {rental['status']}.")
    bike = db.find("rental_bike", {"rental_bike_id": rental["rental_bike_id"]})[0]
    late_days = max(0, days_between(rental["ends_on"], date_of(db.now())))
    price = money(rental["price"] + late_days * bike["daily_price"])
    if price > 5000:
        db.reject("call_the_workshop", "The rental is so late that the workshop has to settle it.")
    db.update("rental", rental_id, {"status": "returned", "price": price})
    db.update("rental_bike", bike["rental_bike_id"], {"status": "available"})
    return {"rental_id": rental_id, "status": "returned", "price": price, "late_days": late_days}


def cancel_rentals(db: Database, customer_id: str, rental_ids: list[str]) -> dict:
    """Cancels up to twenty booked rentals at once, all or none."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    rentals = []
    for rental_id in rental_ids:
        rental = db.get("rental", rental_id)
        if rental is None:
            db.reject("rental_not_found", "Some rental does not exist.")
        rentals.append(rental)
    if any(rental["customer_id"] != customer_id for rental in rentals):
        db.reject("not_your_rental", "Some rental is not yours.")
    if any(rental["status"] != "booked" for rental in rentals):
        db.reject("rental_not_booked", "Some rental is in another state.")
    today = date_of(db.now())
    if any(rental["starts_on"] <= today for rental in rentals):
        db.reject("too_late_to_cancel", "Rentals can be cancelled until the day before.")
    if not rental_ids:
        db.reject("nothing_given", "Give at least one rental.")
    if len(rental_ids) > 20:
        db.reject("too_many_given", "At most 20 rentals at a time.")
    if len(set(rental_ids)) < len(rental_ids):
        db.reject("given_twice", "Some rental is given twice.")
    for rental in rentals:
        db.update("rental", rental["rental_id"], {"status": "cancelled"})
    return {"rental_ids": rental_ids, "changed": len(rentals), "status": "cancelled"}


def list_rentals(db: Database, customer_id: str, status: str | None = None, limit: int = 20) -> dict:
    """Lists the rentals of a customer."""
    customer = db.get("customer", customer_id)
    if customer is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    rentals = db.find("rental", {"customer_id": customer_id})
    if status is not None:
        rentals = [rental for rental in rentals if rental["status"] == status]
    rentals = sorted(rentals, key=lambda rental: rental["booked_at"], reverse=True)

    def shown(rental: dict) -> dict:
        bike = db.find("rental_bike", {"rental_bike_id": rental["rental_bike_id"]})[0]
        return {**rental, "customer_full_name": customer["full_name"], "rental_bike_name": bike["name"]}

    return {"rentals": [shown(rental) for rental in rentals[:limit]]}


def file_warranty_claim(db: Database, customer_id: str, repair_id: str, complaint: str) -> dict:
    """Claims warranty for a repair whose bicycle was collected."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    repair = db.get("repair", repair_id)
    if repair is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    bicycle = db.get("bicycle", repair["bicycle_id"])
    if bicycle is None or bicycle["customer_id"] != customer_id:
        db.reject("not_your_repair", "The repair is not yours.")
    if repair["status"] != "collected":
        db.reject("not_collected", f"The repair is {repair['status']}.")
    today = date_of(db.now())
    covered = False
    for invoice in db.find("invoice", {"repair_id": repair_id}):
        if today <= add_days(invoice["due_on"], 90):
            covered = True
    if not covered:
        db.reject("warranty_over", "The warranty is over.")
    if db.count("warranty_claim", {"repair_id": repair_id, "status": "open"}) > 0:
        db.reject("claim_open", "There is an open claim already.")
    claim = db.insert(
        "warranty_claim",
        {"repair_id": repair_id, "complaint": complaint, "filed_at": db.now(), "status": "open"},
    )
    return {"warranty_claim_id": claim["warranty_claim_id"], "status": "open"}


def withdraw_warranty_claim(db: Database, customer_id: str, warranty_claim_id: str) -> dict:
    """Takes an open warranty claim back."""
    if db.get("customer", customer_id) is None:
        db.reject("customer_not_found", f"No customer {customer_id!r}.")
    claim = db.get("warranty_claim", warranty_claim_id)
    if claim is None:
        db.reject("warranty_claim_not_found", f"No warranty claim {warranty_claim_id!r}.")
    repair = db.find("repair", {"repair_id": claim["repair_id"]})[0]
    bicycle = db.find("bicycle", {"bicycle_id": repair["bicycle_id"]})[0]
    if bicycle["customer_id"] != customer_id:
        db.reject("not_your_warranty_claim", "The warranty claim is not yours.")
    if claim["status"] != "open":
        db.reject("warranty_claim_not_open", f"The warranty claim is {claim['status']}.")
    db.update("warranty_claim", warranty_claim_id, {"status": "withdrawn"})
    return {"warranty_claim_id": warranty_claim_id, "status": "withdrawn"}


def list_warranty_claims(db: Database, repair_id: str, status: str | None = None, limit: int = 20) -> dict:
    """Lists the warranty claims for a repair."""
    if db.get("repair", repair_id) is None:
        db.reject("repair_not_found", f"No repair {repair_id!r}.")
    claims = db.find("warranty_claim", {"repair_id": repair_id})
    if status is not None:
        claims = [claim for claim in claims if claim["status"] == status]
    claims = sorted(claims, key=lambda claim: claim["filed_at"], reverse=True)
    return {"warranty_claims": [dict(claim) for claim in claims[:limit]]}
