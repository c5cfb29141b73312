;;! title = "Two buffers are one message, the newline counts as written; descriptor 3 is none"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/fd_write"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{fd_write 1 ["hello" "\n"]}}
    {{fd_write 3 ["hello" "\n"]}}
    (i32.const 1)))
