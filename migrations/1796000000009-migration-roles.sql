-- Roles that `npm run migrate -- --grant ROLE` named: every later migration gives them again exactly what the program needs. They cannot
-- write here themselves.
CREATE TABLE migration_role (
  name text PRIMARY KEY
);
