"""Old runs go, except what somebody still relies on."""
