"""SQL schemas in the manner of well-known public ones, each with something nasty about it."""

from __future__ import annotations

NORTHWIND = """
CREATE TABLE [Categories] ([CategoryID] INTEGER PRIMARY KEY AUTOINCREMENT, [CategoryName] TEXT, [Description] TEXT, [Picture] BLOB);
CREATE TABLE [CustomerCustomerDemo] ([CustomerID] TEXT NOT NULL, [CustomerTypeID] TEXT NOT NULL,
  PRIMARY KEY ("CustomerID","CustomerTypeID"),
  FOREIGN KEY ([CustomerID]) REFERENCES [Customers] ([CustomerID]),
  FOREIGN KEY ([CustomerTypeID]) REFERENCES [CustomerDemographics] ([CustomerTypeID]));
CREATE TABLE [CustomerDemographics] ([CustomerTypeID] TEXT NOT NULL, [CustomerDesc] TEXT, PRIMARY KEY ("CustomerTypeID"));
CREATE TABLE [Customers] ([CustomerID] TEXT, [CompanyName] TEXT, [ContactName] TEXT, [ContactTitle] TEXT, [Address] TEXT, [City] TEXT,
  [Region] TEXT, [PostalCode] TEXT, [Country] TEXT, [Phone] TEXT, [Fax] TEXT, PRIMARY KEY (`CustomerID`));
CREATE TABLE [Employees] ([EmployeeID] INTEGER PRIMARY KEY AUTOINCREMENT, [LastName] TEXT, [FirstName] TEXT, [Title] TEXT, [TitleOfCourtesy] TEXT,
  [BirthDate] DATE, [HireDate] DATE, [Photo] BLOB, [Notes] TEXT, [ReportsTo] INTEGER, [PhotoPath] TEXT,
  FOREIGN KEY ([ReportsTo]) REFERENCES [Employees] ([EmployeeID]));
CREATE TABLE [EmployeeTerritories] ([EmployeeID] INTEGER NOT NULL, [TerritoryID] TEXT NOT NULL, PRIMARY KEY ("EmployeeID","TerritoryID"),
  FOREIGN KEY ([EmployeeID]) REFERENCES [Employees] ([EmployeeID]), FOREIGN KEY ([TerritoryID]) REFERENCES [Territories] ([TerritoryID]));
CREATE TABLE [Order Details] ([OrderID] INTEGER NOT NULL, [ProductID] INTEGER NOT NULL, [UnitPrice] NUMERIC NOT NULL DEFAULT 0,
  [Quantity] INTEGER NOT NULL DEFAULT 1, [Discount] REAL NOT NULL DEFAULT 0, PRIMARY KEY ("OrderID","ProductID"),
  CHECK ([Discount]>=(0) AND [Discount]<=(1)), CHECK ([Quantity]>(0)), CHECK ([UnitPrice]>=(0)),
  FOREIGN KEY ([OrderID]) REFERENCES [Orders] ([OrderID]), FOREIGN KEY ([ProductID]) REFERENCES [Products] ([ProductID]));
CREATE TABLE [Orders] ([OrderID] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [CustomerID] TEXT, [EmployeeID] INTEGER, [OrderDate] DATETIME,
  [RequiredDate] DATETIME, [ShippedDate] DATETIME, [ShipVia] INTEGER, [Freight] NUMERIC DEFAULT 0, [ShipName] TEXT, [ShipCountry] TEXT,
  FOREIGN KEY ([EmployeeID]) REFERENCES [Employees] ([EmployeeID]), FOREIGN KEY ([CustomerID]) REFERENCES [Customers] ([CustomerID]),
  FOREIGN KEY ([ShipVia]) REFERENCES [Shippers] ([ShipperID]));
CREATE TABLE [Products] ([ProductID] INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, [ProductName] TEXT NOT NULL, [SupplierID] INTEGER, [CategoryID] INTEGER,
  [QuantityPerUnit] TEXT, [UnitPrice] NUMERIC DEFAULT 0 CHECK ([UnitPrice]>=(0)), [UnitsInStock] INTEGER NOT NULL DEFAULT 0,
  [ReorderLevel] INTEGER DEFAULT 0, [Discontinued] TEXT NOT NULL DEFAULT '0',
  FOREIGN KEY ([CategoryID]) REFERENCES [Categories] ([CategoryID]), FOREIGN KEY ([SupplierID]) REFERENCES [Suppliers] ([SupplierID]));
CREATE TABLE [Shippers] ([ShipperID] INTEGER NOT NULL PRIMARY KEY, [CompanyName] TEXT NOT NULL, [Phone] TEXT);
CREATE TABLE [Suppliers] ([SupplierID] INTEGER NOT NULL PRIMARY KEY, [CompanyName] TEXT NOT NULL, [HomePage] TEXT);
CREATE TABLE [Territories] ([TerritoryID] TEXT NOT NULL PRIMARY KEY, [TerritoryDescription] TEXT NOT NULL);
CREATE VIEW [Alphabetical list of products] AS SELECT * FROM Products;
"""

SAKILA = """
CREATE TABLE actor (actor_id numeric NOT NULL, first_name VARCHAR(45) NOT NULL, last_name VARCHAR(45) NOT NULL, last_update TIMESTAMP NOT NULL, PRIMARY KEY (actor_id));
CREATE INDEX idx_actor_last_name ON actor(last_name);
CREATE TRIGGER actor_trigger_ai AFTER INSERT ON actor
 BEGIN
  UPDATE actor SET last_update = DATETIME('NOW')  WHERE rowid = new.rowid;
 END
;
CREATE TABLE country (country_id SMALLINT NOT NULL, country VARCHAR(50) NOT NULL, last_update TIMESTAMP, PRIMARY KEY (country_id));
CREATE TABLE city (city_id int NOT NULL, city VARCHAR(50) NOT NULL, country_id SMALLINT NOT NULL, last_update TIMESTAMP NOT NULL, PRIMARY KEY (city_id),
  CONSTRAINT fk_city_country FOREIGN KEY (country_id) REFERENCES country (country_id) ON DELETE NO ACTION ON UPDATE CASCADE);
CREATE TABLE language (language_id SMALLINT NOT NULL, name CHAR(20) NOT NULL, last_update TIMESTAMP NOT NULL, PRIMARY KEY (language_id));
CREATE TABLE film (film_id int NOT NULL, title VARCHAR(255) NOT NULL, description BLOB SUB_TYPE TEXT DEFAULT NULL, release_year VARCHAR(4) DEFAULT NULL,
  language_id SMALLINT NOT NULL, original_language_id SMALLINT DEFAULT NULL, rental_duration SMALLINT DEFAULT 3 NOT NULL,
  rental_rate DECIMAL(4,2) DEFAULT 4.99 NOT NULL, length SMALLINT DEFAULT NULL, rating VARCHAR(10) DEFAULT 'G', PRIMARY KEY (film_id),
  CONSTRAINT CHECK_special_rating CHECK(rating in ('G','PG','PG-13','R','NC-17')),
  FOREIGN KEY (language_id) REFERENCES language (language_id), FOREIGN KEY (original_language_id) REFERENCES language (language_id));
CREATE TABLE film_actor (actor_id int NOT NULL, film_id int NOT NULL, last_update TIMESTAMP NOT NULL, PRIMARY KEY (actor_id,film_id),
  FOREIGN KEY (actor_id) REFERENCES actor (actor_id), FOREIGN KEY (film_id) REFERENCES film (film_id));
CREATE TABLE store (store_id INT NOT NULL, manager_staff_id SMALLINT NOT NULL, address_id INT NOT NULL, PRIMARY KEY (store_id),
  FOREIGN KEY (manager_staff_id) REFERENCES staff (staff_id), FOREIGN KEY (address_id) REFERENCES address (address_id));
CREATE TABLE staff (staff_id SMALLINT NOT NULL, first_name VARCHAR(45) NOT NULL, last_name VARCHAR(45) NOT NULL, address_id INT NOT NULL, picture BLOB DEFAULT NULL,
  email VARCHAR(50) DEFAULT NULL, store_id INT NOT NULL, active SMALLINT DEFAULT 1 NOT NULL, username VARCHAR(16) NOT NULL, PRIMARY KEY (staff_id),
  FOREIGN KEY (store_id) REFERENCES store (store_id), FOREIGN KEY (address_id) REFERENCES address (address_id));
CREATE TABLE address (address_id int NOT NULL, address VARCHAR(50) NOT NULL, address2 VARCHAR(50) DEFAULT NULL, district VARCHAR(20) NOT NULL, city_id INT NOT NULL,
  postal_code VARCHAR(10), phone VARCHAR(20) NOT NULL, PRIMARY KEY (address_id), FOREIGN KEY (city_id) REFERENCES city (city_id));
CREATE TABLE customer (customer_id INT NOT NULL, store_id INT NOT NULL, first_name VARCHAR(45) NOT NULL, last_name VARCHAR(45) NOT NULL, email VARCHAR(50) DEFAULT NULL,
  address_id INT NOT NULL, active CHAR(1) DEFAULT 'Y' NOT NULL, create_date TIMESTAMP NOT NULL, PRIMARY KEY (customer_id),
  FOREIGN KEY (store_id) REFERENCES store (store_id), FOREIGN KEY (address_id) REFERENCES address (address_id));
CREATE TABLE inventory (inventory_id INT NOT NULL, film_id INT NOT NULL, store_id INT NOT NULL, PRIMARY KEY (inventory_id),
  FOREIGN KEY (store_id) REFERENCES store (store_id), FOREIGN KEY (film_id) REFERENCES film (film_id));
CREATE TABLE rental (rental_id INT NOT NULL, rental_date TIMESTAMP NOT NULL, inventory_id INT NOT NULL, customer_id INT NOT NULL, return_date TIMESTAMP DEFAULT NULL,
  staff_id SMALLINT NOT NULL, PRIMARY KEY (rental_id), FOREIGN KEY (staff_id) REFERENCES staff (staff_id),
  FOREIGN KEY (inventory_id) REFERENCES inventory (inventory_id), FOREIGN KEY (customer_id) REFERENCES customer (customer_id));
CREATE UNIQUE INDEX idx_rental_uq ON rental (rental_date,inventory_id,customer_id);
CREATE TABLE payment (payment_id int NOT NULL, customer_id INT NOT NULL, staff_id SMALLINT NOT NULL, rental_id INT DEFAULT NULL, amount DECIMAL(5,2) NOT NULL,
  payment_date TIMESTAMP NOT NULL, PRIMARY KEY (payment_id), FOREIGN KEY (rental_id) REFERENCES rental (rental_id) ON DELETE SET NULL,
  FOREIGN KEY (customer_id) REFERENCES customer (customer_id), FOREIGN KEY (staff_id) REFERENCES staff (staff_id));
CREATE VIEW customer_list AS SELECT cu.customer_id AS ID, cu.first_name||' '||cu.last_name AS name FROM customer AS cu;
"""

DJANGO_AUTH = """
BEGIN TRANSACTION;
CREATE TABLE IF NOT EXISTS "django_migrations" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app" varchar(255) NOT NULL, "applied" datetime NOT NULL);
CREATE TABLE IF NOT EXISTS "auth_group" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "name" varchar(150) NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS "auth_user" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "password" varchar(128) NOT NULL, "last_login" datetime NULL,
 "is_superuser" bool NOT NULL, "username" varchar(150) NOT NULL UNIQUE, "last_name" varchar(150) NOT NULL, "email" varchar(254) NOT NULL, "is_active" bool NOT NULL,
 "date_joined" datetime NOT NULL, "first_name" varchar(150) NOT NULL);
CREATE TABLE IF NOT EXISTS "auth_user_groups" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
 "user_id" integer NOT NULL REFERENCES "auth_user" ("id") DEFERRABLE INITIALLY DEFERRED, "group_id" integer NOT NULL REFERENCES "auth_group" ("id") DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX "auth_user_groups_user_id_group_id_94350c0c_uniq" ON "auth_user_groups" ("user_id", "group_id");
CREATE TABLE IF NOT EXISTS "django_content_type" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "app_label" varchar(100) NOT NULL, "model" varchar(100) NOT NULL);
CREATE TABLE IF NOT EXISTS "auth_permission" ("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "content_type_id" integer NOT NULL REFERENCES "django_content_type" ("id"),
 "codename" varchar(100) NOT NULL, "name" varchar(255) NOT NULL);
CREATE TABLE IF NOT EXISTS "polls_choice" ("id" bigint NOT NULL PRIMARY KEY, "choice_text" varchar(200) NOT NULL, "votes" integer unsigned NOT NULL CHECK ("votes" >= 0),
 "question_id" bigint NOT NULL REFERENCES "polls_question" ("id"));
CREATE TABLE IF NOT EXISTS "polls_question" ("id" bigint NOT NULL PRIMARY KEY, "question_text" varchar(200) NOT NULL, "pub_date" datetime NOT NULL);
CREATE TABLE "django_session" ("session_key" varchar(40) NOT NULL PRIMARY KEY, "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
INSERT INTO sqlite_sequence VALUES('auth_user',3);
INSERT INTO auth_group VALUES (1,'editors');
COMMIT;
"""

WORDPRESS = """
PRAGMA foreign_keys=OFF;
CREATE TABLE `wp_posts` (`ID` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `post_author` integer NOT NULL DEFAULT 0, `post_date` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
 `post_content` text NOT NULL, `post_title` text NOT NULL, `post_status` varchar(20) NOT NULL DEFAULT 'publish', `comment_status` varchar(20) NOT NULL DEFAULT 'open',
 `post_parent` integer NOT NULL DEFAULT 0, `menu_order` integer NOT NULL DEFAULT 0, `post_type` varchar(20) NOT NULL DEFAULT 'post', `comment_count` integer NOT NULL DEFAULT 0);
CREATE TABLE `wp_postmeta` (`meta_id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `post_id` integer NOT NULL DEFAULT 0, `meta_key` varchar(255) DEFAULT NULL, `meta_value` longtext);
CREATE TABLE `wp_users` (`ID` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `user_login` varchar(60) NOT NULL DEFAULT '', `user_email` varchar(100) NOT NULL DEFAULT '', `user_registered` datetime NOT NULL DEFAULT '0000-00-00 00:00:00');
CREATE TABLE `wp_comments` (`comment_ID` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `comment_post_ID` integer NOT NULL DEFAULT 0, `comment_author` tinytext NOT NULL,
 `comment_author_email` varchar(100) NOT NULL DEFAULT '', `comment_approved` varchar(20) NOT NULL DEFAULT '1', `comment_parent` integer NOT NULL DEFAULT 0, `user_id` integer NOT NULL DEFAULT 0);
CREATE TABLE `wp_options` (`option_id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `option_name` varchar(191) NOT NULL DEFAULT '' UNIQUE, `option_value` longtext NOT NULL, `autoload` varchar(20) NOT NULL DEFAULT 'yes');
CREATE TABLE `wp_terms` (`term_id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `name` varchar(200) NOT NULL DEFAULT '', `slug` varchar(200) NOT NULL DEFAULT '');
CREATE TABLE `wp_term_relationships` (`object_id` integer NOT NULL DEFAULT 0, `term_taxonomy_id` integer NOT NULL DEFAULT 0, `term_order` integer NOT NULL DEFAULT 0, PRIMARY KEY (`object_id`,`term_taxonomy_id`));
CREATE INDEX `wp_posts_post_name` ON `wp_posts` (`post_title`);
"""

SHOP = """
CREATE TABLE customers (id INTEGER PRIMARY KEY, email TEXT UNIQUE NOT NULL, name TEXT NOT NULL, created_at TEXT DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE products (id INTEGER PRIMARY KEY, sku TEXT NOT NULL UNIQUE, name TEXT NOT NULL, unit_price REAL NOT NULL CHECK (unit_price >= 0), stock INTEGER NOT NULL DEFAULT 0 CHECK (stock >= 0),
  is_active INTEGER NOT NULL DEFAULT 1 CHECK (is_active IN (0, 1)));
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers, status TEXT NOT NULL DEFAULT 'pending'
    CHECK (status IN ('pending', 'paid', 'shipped', 'delivered', 'cancelled')),
  total REAL NOT NULL DEFAULT 0, placed_at TEXT NOT NULL DEFAULT (datetime('now')), note TEXT CHECK (length(note) <= 500));
CREATE TABLE order_items (order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE, product_id INTEGER NOT NULL REFERENCES products(id),
  quantity INTEGER NOT NULL CHECK (quantity > 0), unit_price REAL NOT NULL, line_total REAL GENERATED ALWAYS AS (quantity * unit_price) STORED,
  PRIMARY KEY (order_id, product_id)) WITHOUT ROWID;
CREATE TABLE reviews (id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES products(id), customer_id INTEGER NOT NULL REFERENCES customers(id),
  rating INTEGER NOT NULL CHECK (rating BETWEEN 1 AND 5), body TEXT, UNIQUE (product_id, customer_id));
CREATE UNIQUE INDEX one_open_order ON orders (customer_id) WHERE status = 'pending';
CREATE UNIQUE INDEX lower_mail ON customers (lower(email));
CREATE TRIGGER take_stock AFTER INSERT ON order_items BEGIN UPDATE products SET stock = stock - NEW.quantity WHERE id = NEW.product_id; END;
"""

LIBRARY = """
create table Member (MemberNo integer primary key, FullName text not null, Email text, JoinedOn date, Status text check (Status in ('active','suspended','inactive')) default 'active');
create table Book (ISBN char(13) primary key, Title text not null, PublishedYear integer, Copies integer not null default 1);
create table BookCopy (ISBN char(13) not null references Book, CopyNo integer not null, Condition text default 'good', Status text not null default 'available'
  check (Status in ('available','on_loan','reserved','lost')), primary key (ISBN, CopyNo));
create table Loan (LoanId integer primary key, ISBN char(13) not null, CopyNo integer not null, MemberNo integer not null references Member, LoanDate date not null, DueDate date not null, ReturnDate date,
  foreign key (ISBN, CopyNo) references BookCopy, check (DueDate >= LoanDate), check (ReturnDate is null or ReturnDate >= LoanDate));
create table Reservation (MemberNo integer references Member, ISBN char(13) references Book, ReservedAt datetime default current_timestamp, primary key (MemberNo, ISBN));
"""

HOSPITAL = """
CREATE TABLE Physician (EmployeeID INTEGER PRIMARY KEY NOT NULL, Name TEXT NOT NULL, Position TEXT NOT NULL, SSN INTEGER NOT NULL);
CREATE TABLE Department (DepartmentID INTEGER PRIMARY KEY NOT NULL, Name TEXT NOT NULL, Head INTEGER NOT NULL CONSTRAINT fk_p REFERENCES Physician(EmployeeID));
CREATE TABLE Affiliated_With (Physician INTEGER NOT NULL REFERENCES Physician(EmployeeID), Department INTEGER NOT NULL REFERENCES Department(DepartmentID),
  PrimaryAffiliation BOOLEAN NOT NULL, PRIMARY KEY(Physician, Department));
CREATE TABLE Patient (SSN INTEGER PRIMARY KEY NOT NULL, Name TEXT NOT NULL, Address TEXT NOT NULL, Phone TEXT NOT NULL, InsuranceID INTEGER NOT NULL, PCP INTEGER NOT NULL REFERENCES Physician(EmployeeID));
CREATE TABLE Appointment (AppointmentID INTEGER PRIMARY KEY NOT NULL, Patient INTEGER NOT NULL REFERENCES Patient(SSN), Physician INTEGER NOT NULL REFERENCES Physician(EmployeeID),
  Start DATETIME NOT NULL, End DATETIME NOT NULL, ExaminationRoom TEXT NOT NULL);
CREATE TABLE Medication (Code INTEGER PRIMARY KEY NOT NULL, Name TEXT NOT NULL, Brand TEXT NOT NULL);
CREATE TABLE Prescribes (Physician INTEGER NOT NULL REFERENCES Physician(EmployeeID), Patient INTEGER NOT NULL REFERENCES Patient(SSN), Medication INTEGER NOT NULL REFERENCES Medication(Code),
  Date DATETIME NOT NULL, Appointment INTEGER REFERENCES Appointment(AppointmentID), Dose TEXT NOT NULL, PRIMARY KEY(Physician, Patient, Medication, Date));
CREATE TABLE Block (Floor INTEGER NOT NULL, Code INTEGER NOT NULL, PRIMARY KEY(Floor, Code));
CREATE TABLE Room (Number INTEGER PRIMARY KEY NOT NULL, Type TEXT NOT NULL, BlockFloor INTEGER NOT NULL, BlockCode INTEGER NOT NULL, Unavailable BOOLEAN NOT NULL,
  FOREIGN KEY(BlockFloor, BlockCode) REFERENCES Block);
CREATE TABLE Stay (StayID INTEGER PRIMARY KEY NOT NULL, Patient INTEGER NOT NULL REFERENCES Patient(SSN), Room INTEGER NOT NULL REFERENCES Room(Number), Start DATETIME NOT NULL, End DATETIME NOT NULL);
"""

BANK = """
create table branch (branch_name varchar(30) not null, branch_city varchar(30), assets numeric(16,2) check (assets >= 0), primary key (branch_name));
create table customer (customer_name varchar(40) not null, customer_street varchar(30), customer_city varchar(30), primary key (customer_name));
create table account (account_number varchar(10) primary key, branch_name varchar(30) references branch on delete cascade, balance numeric(12,2) not null default 0 check (balance >= 0));
create table depositor (customer_name varchar(40), account_number varchar(10), primary key (customer_name, account_number),
  foreign key (account_number) references account(account_number), foreign key (customer_name) references customer(customer_name));
create table loan (loan_number varchar(10) not null primary key, branch_name varchar(30), amount numeric(12,2), foreign key (branch_name) references branch(branch_name));
create table transfer (id integer primary key, from_account varchar(10) not null references account, to_account varchar(10) not null references account,
  amount real not null check (amount > 0), state varchar(10) default 'pending' check (state in ('pending','completed','failed')), check (from_account <> to_account));
"""

AIRLINE = """
CREATE TABLE airports (code CHAR(3) PRIMARY KEY, name TEXT NOT NULL, city TEXT NOT NULL, latitude REAL CHECK (latitude BETWEEN -90 AND 90), longitude REAL);
CREATE TABLE aircraft (tail_number TEXT PRIMARY KEY, model TEXT NOT NULL, seats INT NOT NULL CHECK (seats > 0));
CREATE TABLE flights (flight_id INTEGER PRIMARY KEY, flight_no TEXT NOT NULL, origin CHAR(3) NOT NULL REFERENCES airports(code), destination CHAR(3) NOT NULL REFERENCES airports(code),
  departure_time DATETIME NOT NULL, arrival_time DATETIME NOT NULL, aircraft TEXT REFERENCES aircraft, status TEXT DEFAULT 'scheduled' CHECK (status IN ('scheduled','boarding','departed','landed','cancelled','delayed')),
  capacity INTEGER NOT NULL, CHECK (origin <> destination), CHECK (arrival_time > departure_time));
CREATE TABLE passengers (id INTEGER PRIMARY KEY, first_name TEXT NOT NULL, last_name TEXT NOT NULL, passport TEXT UNIQUE, email TEXT NOT NULL);
CREATE TABLE bookings (id INTEGER PRIMARY KEY, flight_id INT NOT NULL REFERENCES flights, passenger_id INT NOT NULL REFERENCES passengers, seat TEXT, fare DECIMAL(8,2) NOT NULL,
  status TEXT NOT NULL DEFAULT 'confirmed', -- confirmed, checked_in, cancelled
  UNIQUE (flight_id, seat), UNIQUE (flight_id, passenger_id));
"""

FORUM = """
CREATE TABLE users (id INTEGER PRIMARY KEY, username TEXT NOT NULL UNIQUE, email TEXT NOT NULL, role TEXT NOT NULL DEFAULT 'member' CHECK (role IN ('member','moderator','admin')), banned BOOLEAN DEFAULT FALSE);
CREATE TABLE categories (id INTEGER PRIMARY KEY, parent_id INTEGER REFERENCES categories(id), name TEXT NOT NULL);
CREATE TABLE threads (id INTEGER PRIMARY KEY, category_id INTEGER NOT NULL REFERENCES categories(id), user_id INTEGER NOT NULL REFERENCES users(id), title TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'open' CHECK (status = 'open' OR status = 'closed' OR status = 'archived'),
  last_post_id INTEGER REFERENCES posts(id), created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE posts (id INTEGER PRIMARY KEY, thread_id INTEGER NOT NULL REFERENCES threads(id) ON DELETE CASCADE, user_id INTEGER NOT NULL REFERENCES users(id), reply_to_id INTEGER REFERENCES posts(id), body TEXT NOT NULL, created_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE follows (follower_id INTEGER NOT NULL REFERENCES users(id), followed_id INTEGER NOT NULL REFERENCES users(id), PRIMARY KEY (follower_id, followed_id), CHECK (follower_id != followed_id));
CREATE TABLE likes (user_id INTEGER NOT NULL REFERENCES users, post_id INTEGER NOT NULL REFERENCES posts, PRIMARY KEY (user_id, post_id));
"""

CRM = """
create table "Account" ("Id" text primary key, "Name" text not null, "Annual Revenue" money, "Owner Id" text references "User"("Id"));
create table "User" ("Id" text primary key, "Name" text not null, "E-Mail" text not null, "Is Active?" boolean default 1);
create table "Lead" ("Id" text primary key, "First Name" text, "Last Name" text not null, "Status" text default 'New' check ("Status" in ('New','Contacted','Qualified','Lost')), "Owner Id" text references "User"("Id"));
create table "Opportunity" ("Id" text primary key, "Account Id" text not null references "Account"("Id"), "Amount ($)" real, "Stage" text not null check ("Stage" in ('Prospecting','Proposal','Negotiation','Closed Won','Closed Lost')),
  "Close Date" date, "Probability %" integer check ("Probability %" between 0 and 100));
create table "Task" ("Id" text primary key, "Subject" text, "Due" date, "Done" boolean not null default 0, "Related To" text references "Opportunity");
"""

GITEA = """
CREATE TABLE `user` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `lower_name` TEXT NOT NULL, `name` TEXT NOT NULL, `email` TEXT NOT NULL, `is_admin` INTEGER NULL, `created_unix` INTEGER NULL, `avatar` TEXT NOT NULL, `num_repos` INTEGER NULL);
CREATE UNIQUE INDEX `UQE_user_name` ON `user` (`name`);
CREATE TABLE `repository` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `owner_id` INTEGER NULL, `lower_name` TEXT NOT NULL, `name` TEXT NOT NULL, `is_private` INTEGER NULL, `fork_id` INTEGER NULL, `size` INTEGER DEFAULT 0 NOT NULL, `created_unix` INTEGER NULL);
CREATE UNIQUE INDEX `UQE_repository_s` ON `repository` (`owner_id`,`lower_name`);
CREATE TABLE `issue` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `repo_id` INTEGER NULL, `index` INTEGER NULL, `poster_id` INTEGER NULL, `name` TEXT NULL, `content` TEXT NULL, `is_closed` INTEGER NULL, `is_pull` INTEGER NULL);
CREATE TABLE `access` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `user_id` INTEGER NULL, `repo_id` INTEGER NULL, `mode` INTEGER NULL);
CREATE TABLE `team` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `org_id` INTEGER NULL, `name` TEXT NULL);
CREATE TABLE `team_user` (`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `team_id` INTEGER NULL, `uid` INTEGER NULL);
"""

CHAT = """
CREATE TABLE account(id TEXT PRIMARY KEY, username TEXT UNIQUE NOT NULL, display_name TEXT, last_seen_at INTEGER) STRICT;
CREATE TABLE room(id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL CHECK(kind IN('direct','group','channel')), created_by TEXT NOT NULL REFERENCES account(id)) STRICT;
CREATE TABLE membership(room_id TEXT NOT NULL REFERENCES room(id) ON DELETE CASCADE, account_id TEXT NOT NULL REFERENCES account(id) ON DELETE CASCADE, joined_at INTEGER NOT NULL DEFAULT (unixepoch()), role TEXT NOT NULL DEFAULT 'member', PRIMARY KEY(room_id,account_id)) STRICT, WITHOUT ROWID;
CREATE TABLE message(id TEXT PRIMARY KEY, room_id TEXT NOT NULL, account_id TEXT NOT NULL, body TEXT NOT NULL CHECK(length(body) BETWEEN 1 AND 4000), sent_at INTEGER NOT NULL, edited INTEGER NOT NULL DEFAULT 0,
  FOREIGN KEY(room_id, account_id) REFERENCES membership(room_id, account_id)) STRICT;
CREATE VIRTUAL TABLE message_fts USING fts5(body, content='message');
"""

RECIPES = """
create table recipes(name, servings, minutes, instructions);
create table ingredients(recipe_name, ingredient, amount, unit);
create table users(name unique not null, favourite);
"""

UNICODE = """
CREATE TABLE "Größe" ("Straße" TEXT, "größe" REAL NOT NULL);
CREATE TABLE "顧客" ("番号" INTEGER PRIMARY KEY, "名前" TEXT NOT NULL, "電話" TEXT);
CREATE TABLE "注文" ("番号" INTEGER PRIMARY KEY, "顧客番号" INTEGER NOT NULL REFERENCES "顧客", "合計" REAL);
CREATE TABLE "☃" ("☃" TEXT, "☂" TEXT);
CREATE TABLE "" ("" TEXT, " " TEXT, "a""b" TEXT);
"""

KEYWORDS = """
CREATE TABLE "class" ("from" TEXT NOT NULL, "import" INTEGER, "def" TEXT, "None" TEXT, "now" TEXT, "rows" INTEGER, "row" TEXT, "db" TEXT, "lambda" REAL, PRIMARY KEY("from"));
CREATE TABLE "rows" ("id" INTEGER PRIMARY KEY, "class" TEXT NOT NULL REFERENCES "class"("from"), "len" INTEGER, "get" TEXT, "today" DATE, "limit" INTEGER, "order" INTEGER);
CREATE TABLE "select" ("id" INTEGER PRIMARY KEY, "group" INTEGER REFERENCES "group", "where" TEXT, "status" TEXT CHECK ("status" IN ('open','closed')));
CREATE TABLE "group" ("id" INTEGER PRIMARY KEY, "group" TEXT UNIQUE, "select" INTEGER);
CREATE TABLE "table" ("TABLE" INTEGER PRIMARY KEY, "table_" TEXT, "max" REAL, "sum" REAL, "any" TEXT, "self" TEXT);
"""

CYCLES = """
CREATE TABLE department (id INTEGER PRIMARY KEY, name TEXT NOT NULL, head_id INTEGER NOT NULL REFERENCES employee(id));
CREATE TABLE employee (id INTEGER PRIMARY KEY, name TEXT NOT NULL, department_id INTEGER NOT NULL REFERENCES department(id), mentor_id INTEGER NOT NULL REFERENCES employee(id));
CREATE TABLE a (x INTEGER, y INTEGER, PRIMARY KEY (x, y), FOREIGN KEY (x, y) REFERENCES b (p, q));
CREATE TABLE b (p INTEGER, q INTEGER, PRIMARY KEY (p, q), FOREIGN KEY (p, q) REFERENCES a (x, y));
CREATE TABLE one (id INTEGER PRIMARY KEY REFERENCES two(id)); CREATE TABLE two (id INTEGER PRIMARY KEY REFERENCES three(id)); CREATE TABLE three (id INTEGER PRIMARY KEY REFERENCES one(id));
"""

COMPOSITES = """
CREATE TABLE university (name TEXT PRIMARY KEY, country TEXT);
CREATE TABLE course (university TEXT REFERENCES university, code TEXT, title TEXT NOT NULL, credits INTEGER CHECK (credits IN (3, 6, 9)), capacity INTEGER NOT NULL, PRIMARY KEY (university, code));
CREATE TABLE student (university TEXT REFERENCES university, number INTEGER, name TEXT NOT NULL, email TEXT UNIQUE, PRIMARY KEY (university, number));
CREATE TABLE enrollment (university TEXT, student_number INTEGER, course_code TEXT, grade TEXT CHECK (grade IN ('A','B','C','D','F')), PRIMARY KEY (university, student_number, course_code),
  FOREIGN KEY (university, student_number) REFERENCES student (university, number), FOREIGN KEY (university, course_code) REFERENCES course (university, code));
CREATE TABLE exam (university TEXT NOT NULL, course_code TEXT NOT NULL, held_on DATE NOT NULL, UNIQUE (university, course_code, held_on), FOREIGN KEY (university, course_code) REFERENCES course);
"""

BROKEN_LINKS = """
CREATE TABLE t1 (a INTEGER REFERENCES missing(id), b INTEGER REFERENCES t2("nothing"), c INTEGER REFERENCES t2(plain), d INTEGER REFERENCES T2);
CREATE TABLE T2 (k TEXT, plain INTEGER, PRIMARY KEY (k));
CREATE TABLE t3 (id INTEGER PRIMARY KEY, t2_id INTEGER, FOREIGN KEY (t2_id, id) REFERENCES t2);
CREATE TABLE only_key (id INTEGER PRIMARY KEY);
CREATE TABLE only_blob (data BLOB);
CREATE TABLE only_generated (a INTEGER, b AS (a + 1), c AS (b * 2) STORED);
CREATE TABLE checked (n INTEGER CHECK (n > 5 AND n < 3), s TEXT CHECK (s GLOB '[A-Z]*'), e TEXT CHECK (e IN ('')), j TEXT CHECK (json_valid(j)), d DATE DEFAULT (date('now','+7 days')) NOT NULL);
CREATE TEMP TABLE gone (x);
"""

EMPLOYEES = """
CREATE TABLE employees (emp_no INT NOT NULL, birth_date DATE NOT NULL, first_name VARCHAR(14) NOT NULL, last_name VARCHAR(16) NOT NULL, gender TEXT CHECK (gender IN ('M','F')) NOT NULL, hire_date DATE NOT NULL, PRIMARY KEY (emp_no));
CREATE TABLE departments (dept_no CHAR(4) NOT NULL, dept_name VARCHAR(40) NOT NULL, PRIMARY KEY (dept_no), UNIQUE (dept_name));
CREATE TABLE dept_manager (emp_no INT NOT NULL, dept_no CHAR(4) NOT NULL, from_date DATE NOT NULL, to_date DATE NOT NULL, FOREIGN KEY (emp_no) REFERENCES employees (emp_no) ON DELETE CASCADE, FOREIGN KEY (dept_no) REFERENCES departments (dept_no) ON DELETE CASCADE, PRIMARY KEY (emp_no,dept_no));
CREATE TABLE titles (emp_no INT NOT NULL, title VARCHAR(50) NOT NULL, from_date DATE NOT NULL, to_date DATE, FOREIGN KEY (emp_no) REFERENCES employees (emp_no), PRIMARY KEY (emp_no,title,from_date));
CREATE TABLE salaries (emp_no INT NOT NULL, salary INT NOT NULL, from_date DATE NOT NULL, to_date DATE NOT NULL, FOREIGN KEY (emp_no) REFERENCES employees (emp_no), PRIMARY KEY (emp_no, from_date));
"""

TICKETS = """
CREATE TABLE agents (id INTEGER PRIMARY KEY, name TEXT NOT NULL, team TEXT);
CREATE TABLE clients (id INTEGER PRIMARY KEY, company TEXT NOT NULL, email TEXT NOT NULL UNIQUE);
CREATE TABLE tickets (id INTEGER PRIMARY KEY, client_id INTEGER NOT NULL REFERENCES clients(id), agent_id INTEGER REFERENCES agents(id), subject TEXT NOT NULL,
  priority TEXT NOT NULL DEFAULT 'normal' CHECK (priority IN ('low','normal','high','urgent')),
  state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new','assigned','in_progress','on_hold','resolved','closed')), opened_at DATETIME DEFAULT CURRENT_TIMESTAMP, closed_at DATETIME);
CREATE TABLE ticket_comments (id INTEGER PRIMARY KEY, ticket_id INTEGER NOT NULL REFERENCES tickets(id) ON DELETE CASCADE, author TEXT, body TEXT NOT NULL);
CREATE TABLE tags (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE ticket_tags (ticket_id INTEGER NOT NULL REFERENCES tickets(id), tag TEXT NOT NULL REFERENCES tags(name), PRIMARY KEY (ticket_id, tag));
"""

HOTEL = """
CREATE TABLE hotel (hotel_id INTEGER PRIMARY KEY, name VARCHAR(100) NOT NULL, stars INTEGER CHECK (stars >= 1 AND stars <= 5));
CREATE TABLE room (room_id INTEGER PRIMARY KEY, hotel_id INTEGER NOT NULL REFERENCES hotel, room_number VARCHAR(10) NOT NULL, capacity INTEGER NOT NULL CHECK (capacity > 0), price_per_night DECIMAL(10, 2) NOT NULL, status VARCHAR(20) NOT NULL DEFAULT 'available' CHECK (status IN ('available', 'occupied', 'maintenance')), UNIQUE (hotel_id, room_number));
CREATE TABLE guest (guest_id INTEGER PRIMARY KEY, full_name VARCHAR(100) NOT NULL, email VARCHAR(100) NOT NULL UNIQUE, phone VARCHAR(30));
CREATE TABLE booking (booking_id INTEGER PRIMARY KEY, guest_id INTEGER NOT NULL REFERENCES guest, room_id INTEGER NOT NULL REFERENCES room, check_in DATE NOT NULL, check_out DATE NOT NULL, status VARCHAR(20) NOT NULL DEFAULT 'pending' CHECK (status IN ('pending','confirmed','checked_in','checked_out','cancelled','no_show')), total_price DECIMAL(10, 2), CHECK (check_out > check_in));
CREATE TABLE payment (payment_id INTEGER PRIMARY KEY, booking_id INTEGER NOT NULL REFERENCES booking, amount DECIMAL(10,2) NOT NULL CHECK (amount > 0), method VARCHAR(20) NOT NULL CHECK (method IN ('card','cash','transfer')), paid_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP);
"""

CHESS = """
CREATE TABLE player (id INTEGER PRIMARY KEY, name TEXT NOT NULL, elo INTEGER DEFAULT 1200 CHECK (elo BETWEEN 100 AND 3500), title TEXT CHECK (title IN ('GM','IM','FM','CM') OR title IS NULL));
CREATE TABLE tournament (id INTEGER PRIMARY KEY, name TEXT NOT NULL, start_date TEXT, end_date TEXT, max_players INTEGER NOT NULL DEFAULT 16);
CREATE TABLE registration (tournament_id INTEGER NOT NULL REFERENCES tournament(id), player_id INTEGER NOT NULL REFERENCES player(id), seed INTEGER, PRIMARY KEY (tournament_id, player_id));
CREATE TABLE game (id INTEGER PRIMARY KEY, tournament_id INTEGER REFERENCES tournament(id), white_id INTEGER NOT NULL REFERENCES player(id), black_id INTEGER NOT NULL REFERENCES player(id), result TEXT CHECK (result IN ('1-0','0-1','1/2-1/2','*')) DEFAULT '*', moves TEXT, played_on DATE, CHECK (white_id <> black_id));
"""

MUSIC = """
CREATE TABLE artists(ArtistId INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, Name NVARCHAR(120));
CREATE TABLE albums(AlbumId INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, Title NVARCHAR(160) NOT NULL, ArtistId INTEGER NOT NULL, FOREIGN KEY (ArtistId) REFERENCES artists (ArtistId) ON DELETE NO ACTION ON UPDATE NO ACTION);
CREATE TABLE playlists(PlaylistId INTEGER PRIMARY KEY, Name NVARCHAR(120), UserId INTEGER);
CREATE TABLE tracks(TrackId INTEGER PRIMARY KEY, Name NVARCHAR(200) NOT NULL, AlbumId INTEGER, Milliseconds INTEGER NOT NULL, UnitPrice NUMERIC(10,2) NOT NULL);
CREATE TABLE playlist_tracks(PlaylistId INTEGER, TrackId INTEGER, Position INTEGER);
CREATE TABLE users(UserId INTEGER PRIMARY KEY, Email TEXT NOT NULL);
"""

EDUCATION = """
CREATE TABLE Students (StudentID INT PRIMARY KEY, FirstName VARCHAR(50), LastName VARCHAR(50), Email VARCHAR(100), EnrollmentDate DATE, GPA DECIMAL(3,2));
CREATE TABLE Instructors (InstructorID INT PRIMARY KEY, Name VARCHAR(100), Department VARCHAR(50), ManagerID INT);
CREATE TABLE Courses (CourseID INT PRIMARY KEY, CourseName VARCHAR(100), Credits INT, InstructorID INT, FOREIGN KEY (InstructorID) REFERENCES Instructors(InstructorID));
CREATE TABLE Enrollments (EnrollmentID INT PRIMARY KEY, StudentID INT, CourseID INT, Grade CHAR(2), Status VARCHAR(20), FOREIGN KEY (StudentID) REFERENCES Students(StudentID), FOREIGN KEY (CourseID) REFERENCES Courses(CourseID));
INSERT INTO Students VALUES (1,'Ann','Lee','ann@x.org','2024-01-05',3.5),(2,'Bob','Ray','bob@x.org','2024-02-01',NULL);
INSERT INTO Instructors VALUES (1,'Prof. Oak','Biology',NULL),(2,'Prof. Elm','Physics',1);
INSERT INTO Courses VALUES (10,'Botany',6,1),(11,'Optics',3,2);
INSERT INTO Enrollments VALUES (1,1,10,'A','completed'),(2,1,11,NULL,'enrolled'),(3,2,10,NULL,'dropped'),(4,2,11,NULL,'enrolled'),(5,9,11,'B','completed'),(6,1,10,'B','completed');
"""

DASHES = """
CREATE TABLE [my-table.with dots] ([col-1] int primary key, [col 1] text, [COL_1] text, [col.1] real default -1.5, [100%] real, [#] text, ["quoted"] text);
CREATE TABLE 'single quoted' ('a' text not null, 'b' integer default '7', 'c' varchar(10) default "dq");
CREATE TABLE UPPER_CASE (ID INTEGER PRIMARY KEY, UPPER_NAME TEXT NOT NULL COLLATE NOCASE UNIQUE, MixedCase_Name TEXT);
create table x(y); create table "X Y"(z REAL NOT NULL, w POINT, t TIME, i INTERVAL, j JSON, u UUID UNIQUE);
"""

WIDE = (
    "CREATE TABLE wide (id INTEGER PRIMARY KEY, "
    + ", ".join(f"field_{n} {'TEXT' if n % 3 else 'INTEGER NOT NULL'}" for n in range(80))
    + ");"
)

MANY = "\n".join(
    f"CREATE TABLE entity_{n} (id INTEGER PRIMARY KEY, name TEXT NOT NULL, status TEXT DEFAULT 'open' CHECK (status IN ('open','closed'))"
    + (f", entity_{n // 2}_id INTEGER NOT NULL REFERENCES entity_{n // 2}(id)" if n else "")
    + ");"
    for n in range(120)
)

ONE = "CREATE TABLE todo (id INTEGER PRIMARY KEY, task TEXT NOT NULL, done INTEGER DEFAULT 0)"

SCHEMAS: dict[str, str] = {
    "northwind": NORTHWIND, "sakila": SAKILA, "django": DJANGO_AUTH, "wordpress": WORDPRESS, "shop": SHOP, "library": LIBRARY, "hospital": HOSPITAL,
    "bank": BANK, "airline": AIRLINE, "forum": FORUM, "crm": CRM, "gitea": GITEA, "chat": CHAT, "recipes": RECIPES, "unicode": UNICODE, "keywords": KEYWORDS,
    "cycles": CYCLES, "composites": COMPOSITES, "broken_links": BROKEN_LINKS, "employees": EMPLOYEES, "tickets": TICKETS, "hotel": HOTEL, "chess": CHESS,
    "music": MUSIC, "education": EDUCATION, "dashes": DASHES, "wide": WIDE, "many": MANY, "one": ONE,
}  # fmt: skip
