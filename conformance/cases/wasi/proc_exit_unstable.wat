;;! title = "The same under the older module name"
;;! spec = "proc_exit"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{wasi_unstable.proc_exit 7}}
    {{CONTINUE}}))
