;;! title = "An address of 0 says that the address or the size of the results is not wanted"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_call_foreign_function "compress" "hello" 0 0}}
    {{proxy_call_foreign_function "compress" "hello" 0 0x18}}
    {{proxy_call_foreign_function "compress" "hello" 0x10 0}}
    {{proxy_call_foreign_function "uncompress" "no stream" 0 0}}
    {{CONTINUE}}))
