package integration

import "fmt"

// setRows are replies of commands on members that expire, which came with 8.12.
var setRows = []golden{
	{lines: "SADD s a b\nSEXPIRE s 100 MEMBERS 2 a x", want: "*[:1 :-2]", why: "8.12: commands/sexpire"},
	{lines: "SEXPIRE none 100 MEMBERS 2 a b", want: "*[:-2 :-2]", why: "8.12: commands/sexpire"},
	{lines: "SADD s a b\nSEXPIRE s 0 MEMBERS 2 a b\nEXISTS s", want: ":0", why: "8.12: commands/sexpire, the last member"},
	{lines: "SADD s a\nSEXPIRE s 100 MEMBERS", want: fmt.Sprintf(arityOf, "sexpire"), why: "8.12: commands/sexpire"},
	{lines: "SET k v\nSEXPIRE k 100 MEMBERS 1 a", want: wrongType, why: "8.12: commands/sexpire"},
	{lines: "SADD s a b\nSEXPIREAT s 4102444800 MEMBERS 1 a\nSEXPIREAT s 4102444900 MEMBERS 2 a b NX", want: "*[:0 :1]", why: "8.12: commands/sexpireat"},
	{lines: "SADD s a b\nSPEXPIRE s 100000 MEMBERS 1 a\nSTTL s MEMBERS 3 a b c", want: "*[:100 :-1 :-2]", why: "8.12: commands/spexpire, commands/sttl"},
	{lines: "SADD s a b\nSPEXPIREAT s 4102444800001 MEMBERS 1 a\nSEXPIRETIME s MEMBERS 3 a b c", want: "*[:4102444801 :-1 :-2]", why: "8.12: commands/sexpiretime, rounded up"},
	{lines: "SADD s a b\nSPEXPIREAT s 4102444800001 MEMBERS 1 a\nSPEXPIRETIME s MEMBERS 3 a b c", want: "*[:4102444800001 :-1 :-2]", why: "8.12: commands/spexpiretime"},
	{lines: "SADDEX s EX 100 MEMBERS 1 a\nSPTTL s MEMBERS 2 a b", want: `re:^\*\[:(99\d\d\d|100000) :-2\]`, why: "8.12: commands/spttl"},
	{lines: "SADD s a b\nSEXPIRE s 100 MEMBERS 1 a\nSPERSIST s MEMBERS 3 a b c", want: "*[:1 :-1 :-2]", why: "8.12: commands/spersist"},
	{lines: "SADD s a b\nSADDEX s MNX EX 100 MEMBERS 2 b c\nSMEMBERS s", want: `*["a" "b"]`, want3: `~["a" "b"]`, why: "8.12: commands/saddex"},
	{lines: "SADD s a b\nSADDEX s MXX EX 100 MEMBERS 2 a b\nSTTL s MEMBERS 2 a b", want: "*[:100 :100]", why: "8.12: commands/saddex"},
	{lines: "SADDEX s EX 100 MEMBERS 2 a b\nSADDEX s MEMBERS 1 a\nSADDEX s KEEPTTL MEMBERS 1 b\nSTTL s MEMBERS 2 a b", want: "*[:-1 :100]", why: "8.12: commands/saddex"},
	{lines: "SADD s a\nSEXPIRE s 100 MEMBERS 1 a\nOBJECT ENCODING s", want: `"listpackex"`, why: "8.12: commands/object-encoding"},
	{lines: "SADD s 1 2\nSEXPIRE s 100 MEMBERS 1 1\nSPERSIST s MEMBERS 1 1\nOBJECT ENCODING s", want: `"listpackex"`, why: "8.12: an intset has no room for times, and what has room keeps it"},
	{lines: "SADD s 1 2\nSEXPIRE s 100 XX MEMBERS 1 1\nSEXPIRE s 0 MEMBERS 1 2\nOBJECT ENCODING s", want: `"intset"`, why: "8.12: no member got a time"},
	{lines: "SADD s a\nSEXPIRE s 100 MEMBERS 1 a\nCOPY s i\nRENAME i j\nSTTL j MEMBERS 1 a", want: "*[:100]", why: "8.12: times go with the set"},
	{lines: "SADDEX s EX 100 MEMBERS 1 a\nTTL s", want: ":-1", why: "8.12: the key has no time"},
	{lines: "SADDEX s EX 100 MEMBERS 1 a\nEXPIRE s 1000\nPERSIST s\nSTTL s MEMBERS 1 a", want: "*[:100]", why: "8.12: the key's time is another one"},
	{lines: "SADDEX a EX 100 MEMBERS 1 x\nSADDEX b EX 50 MEMBERS 2 x y\nSUNIONSTORE d a b\nSTTL d MEMBERS 2 x y", want: "*[:50 :50]", why: "8.12: commands/sunionstore, the earliest time"},
	{lines: "SADDEX a EX 100 MEMBERS 2 x y\nSADD b y\nSDIFFSTORE d a b\nSTTL d MEMBERS 2 x y", want: "*[:100 :-2]", why: "8.12: commands/sdiffstore, as in the first set"},
	{lines: "SADDEX a EX 100 MEMBERS 1 x\nSADD b x\nSINTERSTORE d b a\nSTTL d MEMBERS 1 x", want: "*[:100]", why: "8.12: commands/sinterstore, the earliest time"},
	{lines: "SADDEX a EX 100 MEMBERS 1 x\nSMOVE a b x\nSTTL b MEMBERS 1 x", want: "*[:100]", why: "8.12: commands/smove"},
}
