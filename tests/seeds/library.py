"""A small library blueprint as text, for tests that change a line of it."""

LIBRARY = """\
domain: library
title: City Library
description: Members borrow books.
user: {entity: member, knows: [full_name, email]}
values:
  shelf_marks: [A1, B2]
entities:
  member:
    columns:
      full_name: person_name
      email: {role: email, unique: true}
    tools:
      find_member: {kind: lookup, by: email}
  book:
    columns:
      title: title
      shelf: {role: label, values: shelf_marks}
      copies: {role: quantity, minimum: 0, maximum: 9}
    lifecycle: [available, withdrawn]
    tools:
      search_books: {kind: search, filters: [title, copies >= minimum_copies]}
      get_book: get
  loan:
    columns:
      member_id: -> member
      book_id: -> book
      due_on: date
    owner: member_id
    lifecycle: [open, returned]
    tools:
      borrow_book:
        kind: create
        columns: [book_id]
        set: {due_on: "add_days(today, 14)"}
        rules:
          - {rule: state, column: book.status, in: available}
          - {rule: quota, rows: loan, match: [member_id], among: {status: open}, limit: 5}
          - {rule: balance, has: book.copies, needs: 1}
        effects:
          - {update: book, key: book_id, set: {copies: book.copies - 1}}
      return_book:
        kind: transition
        from: open
        to: returned
        effects:
          - {update: book, key: loan.book_id, set: {copies: loan.book.copies + 1}}
        rules:
          - {rule: limits, value: loan.book.copies, maximum: 8, code: shelf_full}
"""


def line_of(part: str, text: str = LIBRARY) -> int:
    """The line in which `part` first stands, from 1."""
    return text[: text.index(part)].count("\n") + 1
