"""What an epoch pays: computed, signed, published, disputed, claimed and reconciled."""
