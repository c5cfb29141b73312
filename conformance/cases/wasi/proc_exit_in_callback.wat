;;! title = "Ending the program in a callback is a failure of the VM, also with code 0"
;;! spec = "proc_exit"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proc_exit 0}}
    {{CONTINUE}}))
