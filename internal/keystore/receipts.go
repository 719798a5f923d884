package keystore

func (m MasterKey) receiptKey(instance string) headKey {
	return newHeadKey(m.derive("noadesk/v1/receipt-mac/"+instance, 32))
}

// SealReceipt vouches for the receipt of a backup, as [Keys.SealHead] does for a
// head, with a key of its own.
func (k *Keys) SealReceipt(text []byte) []byte {
	m := k.masters.Load()
	return append(m.recorded[:], m.receipts[m.recorded].mac(text)...)
}

// VerifyReceipt says whether the keystore in a backup vouched for its receipt.
func (k *Keys) VerifyReceipt(text, mac []byte) bool {
	return verified(k.masters.Load().receipts, text, mac)
}
