package integration

// aclRows are where ACL of 7.2 and 7.0 differ: 7.2 prints rules in the words in which they were given, names who was
// denied, and its log tells more.
var aclRows = []golden{
	{lines: "ACL SETUSER g reset\nACL DELUSER g\nACL SETUSER g\nACL GETUSER g", want: `re:^\*\["flags" \*\["off" "sanitize-payload"\] `, want3: `re:^%\["flags" ~\["off" "sanitize-payload"\] `, why: "7.2: commands/acl-getuser, sanitize-payload from the start"},
	{lines: "ACL LIST", want: `re:"user default on nopass sanitize-payload ~\* &\* \+@all"`, why: "7.2: commands/acl-list"},
	{lines: "ACL SETUSER g reset +@all -get +get\n[field commands] ACL GETUSER g", want: `"+@all +get"`, why: "7.2: commands/acl-setuser"},
	{lines: "ACL SETUSER g reset +@all -@hash -@slow +hget\n[field commands] ACL GETUSER g", want: `"+@all -@hash -@slow +hget"`, why: "7.2: the order of rules"},
	{lines: "ACL SETUSER g reset +@all -@hash -@slow +hget -@hash\n[field commands] ACL GETUSER g", want: `"+@all -@slow +hget -@hash"`, why: "7.2: a rule said again is the last"},
	{lines: "ACL SETUSER g reset +@all -@slow +hget +@hash -@all\n[field commands] ACL GETUSER g", want: `"-@all"`, why: "7.2: commands/acl-setuser"},
	{lines: "ACL SETUSER g reset -@all +@HASH +@hash +HGET +hGeT\n[field commands] ACL GETUSER g", want: `"-@all +@hash +hget"`, why: "7.2: lower case"},
	{lines: "ACL SETUSER g reset +client|list +client|list +config|get +config +acl|list -acl\n[field commands] ACL GETUSER g", want: `"-@all +client|list +config -acl"`, why: "7.2: a command takes the place of its subcommands"},
	{lines: "ACL SETUSER g reset +select|0 +select|0 +debug|segfault +debug\n[field commands] ACL GETUSER g", want: `"-@all +select|0 +debug"`, why: "7.2: commands/acl-setuser"},
	{lines: "ACL SETUSER g reset -@dangerous\n[field commands] ACL GETUSER g", want: `"-@all -@dangerous"`, why: "7.2: for commands to come"},
	{lines: "ACL SETUSER g reset +config +config|get -config|set +config\n[field commands] ACL GETUSER g", want: `"-@all +config"`, why: "7.2: commands/acl-setuser"},
	{lines: "ACL SETUSER g reset on nopass ~k &c +publish +ping\nAUTH g x\nGET k", want: `(error) "NOPERM User g has no permissions to run the 'get' command"`, why: "7.2: topics/acl"},
	{lines: "ACL SETUSER g reset on nopass ~k\nAUTH g x\nCONFIG GET x", want: `(error) "NOPERM User g has no permissions to run the 'config|get' command"`, why: "7.2: topics/acl"},
	{lines: "ACL SETUSER g reset on nopass ~k +get\nAUTH g x\nGET j", want: `(error) "NOPERM No permissions to access a key"`, why: "7.2: topics/acl"},
	{lines: "ACL SETUSER g reset on nopass &c +publish\nAUTH g x\nPUBLISH d m", want: `(error) "NOPERM No permissions to access a channel"`, why: "7.2: topics/acl"},
	{lines: "ACL SETUSER g reset on nopass ~k +get\nACL DRYRUN g SET k v", want: `"User g has no permissions to run the 'set' command"`, why: "7.2: commands/acl-dryrun"},
	{lines: "ACL SETUSER g reset on nopass ~k +get\nACL DRYRUN g GET j", want: `"User g has no permissions to access the 'j' key"`, why: "7.2: commands/acl-dryrun"},
	{lines: "ACL SETUSER g reset +publish\nACL DRYRUN g PUBLISH d m", want: `"User g has no permissions to access the 'd' channel"`, why: "7.2: commands/acl-dryrun"},
	{lines: "ACL SETUSER g reset on nopass +eval ~k\nAUTH g x\nEVAL \"return redis.pcall('set', 'k', 1).err\" 0", want: `"ERR ACL failure in script: User g has no permissions to run the 'set' command"`, why: "7.2: topics/acl"},
	{lines: "ACL SETUSER g reset on nopass +eval +set ~k\nAUTH g x\nEVAL \"return redis.pcall('set', 'j', 1).err\" 0", want: `"ERR ACL failure in script: No permissions to access a key"`, why: "7.2: topics/acl"},
	{lines: "ACL SETUSER g reset on nopass +get\nAUTH g x\nMULTI", want: `(error) "NOPERM User g has no permissions to run the 'multi' command"`, why: "7.2: topics/acl"},
	{lines: "ACL SETUSER g reset on nopass +multi\nAUTH g x\nMULTI\nEXEC", want: `(error) "EXECABORT Transaction discarded because of: NOPERM User g has no permissions to run the 'exec' command"`, why: "7.2: topics/acl"},
}
