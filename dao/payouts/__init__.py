"""From an epoch's contribution files to what every account is paid; the libraries of the extra `payouts` stay here."""
