;;! title = "Logs message and place of an AssemblyScript program, and ends the call"
;;! spec = "abort"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/toolchain_imports"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{abort utf16"it fails" utf16"plugin.ts" 12 34}}
    (unreachable)))
