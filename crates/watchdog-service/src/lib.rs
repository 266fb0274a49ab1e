//! watchdog-service
