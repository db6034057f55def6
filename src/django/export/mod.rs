//! Back to Django: SQL with the rows that django-allauth would have.

pub mod flow;
