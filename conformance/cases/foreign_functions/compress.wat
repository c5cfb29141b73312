;;! title = "compress makes a zlib stream, uncompress reads it"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_call_foreign_function "compress" "hello hello hello hello"}}
    ;; Of nothing, too.
    {{proxy_call_foreign_function "compress" ""}}
    {{proxy_call_foreign_function "uncompress" "x\9c\cbH\cd\c9\c9\07\00\06,\02\15"}}
    ;; What follows does not matter.
    {{proxy_call_foreign_function "uncompress" "x\9c\cbH\cd\c9\c9\07\00\06,\02\15more"}}
    ;; Nothing needs no memory.
    {{proxy_call_foreign_function "uncompress" "x\9c\03\00\00\00\00\01"}}
    ;; No stream, one that breaks off, and one that is damaged.
    {{proxy_call_foreign_function "uncompress" ""}}
    {{proxy_call_foreign_function "uncompress" "hello"}}
    {{proxy_call_foreign_function "uncompress" "x\9c\cbH\cd\c9\c9\07\00\06,\02"}}
    {{proxy_call_foreign_function "uncompress" "x\9c\cbH\cd\c9\c9\07\00\06,\02\00"}}
    {{CONTINUE}}))
