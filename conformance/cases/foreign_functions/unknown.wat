;;! title = "A function that there is not is NOT_FOUND, after name and arguments have been read"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_call_foreign_function "nothing" "arguments"}}
    {{proxy_call_foreign_function "" ""}}
    {{proxy_call_foreign_function "Compress" "x"}}
    {{proxy_call_foreign_function "compress\00" "x"}}
    ;; Names need not be text.
    {{proxy_call_foreign_function "\ff\fe" ""}}
    ;; Where there is no function, nothing is written, not even outside of memory.
    {{proxy_call_foreign_function "nothing" "" 0x10000 0x10000}}
    {{CONTINUE}}))
