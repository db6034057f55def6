//! Tests that cross folders.
