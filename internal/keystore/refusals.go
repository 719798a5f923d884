package keystore

import "encoding/asn1"

func refuse(sentence string) error { return Refusal{Sentence: sentence} }

func refuseRange() error {
	return refuse("The private number is out of the curve's range, so this is no usable key.")
}

// refuseType names what another kind of PEM holds.
func refuseType(kind string) error {
	switch kind {
	case "RSA PRIVATE KEY":
		return refuseAlgorithm("an RSA")
	case "DSA PRIVATE KEY":
		return refuseAlgorithm("a DSA")
	case "PUBLIC KEY", "RSA PUBLIC KEY", "EC PUBLIC KEY", "SSH2 PUBLIC KEY":
		return refuse("This is a public key; Noadesk needs the private key that Noa handed out.")
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		return refuse("This is a certificate; Noadesk needs the private key that Noa handed out.")
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return refuse("This is a certificate request; Noadesk needs the private key that Noa handed out.")
	case "OPENSSH PRIVATE KEY":
		return refuse("This is a private key in the form of OpenSSH; rewrite it with: ssh-keygen -p -m PKCS8 -f key")
	case "EC PARAMETERS":
		return refuse("These are only the parameters of a curve; the private key is missing.")
	}
	return refuse("The PEM holds something else than a private key.")
}

func refuseAlgorithm(name string) error {
	return refuse("This is " + name + " key; Noa's keys are on the elliptic curves P-256, P-384 and P-521.")
}

// Keys that people have, and that Noa has no use for.
var algorithmNames = map[string]string{
	"1.2.840.113549.1.1.1":  "an RSA",
	"1.2.840.113549.1.1.10": "an RSA",
	"1.2.840.113549.1.3.1":  "a Diffie-Hellman",
	"1.2.840.10040.4.1":     "a DSA",
	"1.3.101.110":           "an X25519",
	"1.3.101.111":           "an X448",
	"1.3.101.112":           "an Ed25519",
	"1.3.101.113":           "an Ed448",
}

func refuseAlgorithmOID(oid asn1.ObjectIdentifier) error {
	name, ok := algorithmNames[oid.String()]
	if !ok {
		name = "an unknown kind of"
	}
	return refuseAlgorithm(name)
}

// Curves that people have keys on, and that Noa does not take.
var curveNames = map[string]string{
	"1.2.840.10045.3.1.1":   "P-192",
	"1.3.132.0.33":          "P-224",
	"1.3.132.0.10":          "secp256k1",
	"1.2.156.10197.1.301":   "SM2",
	"1.3.36.3.3.2.8.1.1.3":  "brainpoolP192r1",
	"1.3.36.3.3.2.8.1.1.5":  "brainpoolP224r1",
	"1.3.36.3.3.2.8.1.1.7":  "brainpoolP256r1",
	"1.3.36.3.3.2.8.1.1.8":  "brainpoolP256t1",
	"1.3.36.3.3.2.8.1.1.9":  "brainpoolP320r1",
	"1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
	"1.3.36.3.3.2.8.1.1.12": "brainpoolP384t1",
	"1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
	"1.3.36.3.3.2.8.1.1.14": "brainpoolP512t1",
}

func refuseCurve(oid asn1.ObjectIdentifier) error {
	name, ok := curveNames[oid.String()]
	if !ok {
		return refuse("The key is on a curve that Noa does not take; it takes P-256, P-384 and P-521.")
	}
	return refuse("The key is on the curve " + name + "; Noa takes P-256, P-384 and P-521.")
}

func refuseExplicit() error {
	return refuse("The key spells its curve out instead of naming it; rewrite it with: openssl ec -in key.pem -param_enc named_curve -out named.pem")
}

func refusePassphrase() error {
	return Refusal{"The key is encrypted and needs its passphrase; this takes it off: openssl pkey -in key.pem -out clear.pem", true}
}

func refuseWrongPassphrase() error {
	return Refusal{"The passphrase does not open this key; try it with: openssl pkey -in key.pem -noout", true}
}

func refuseCipher() error {
	return refuse("The key is encrypted in a way that Noadesk does not open; rewrite it with: openssl pkcs8 -topk8 -v2 aes-256-cbc -in key.pem -out new.pem")
}

func refuseCost() error {
	return refuse("Opening the key would cost too much; rewrite it with: openssl pkcs8 -topk8 -v2 aes-256-cbc -in key.pem -out new.pem")
}
