* Two-stage Miller OTA, fully differential. A rise of INP against INM raises OUTP. M11 and M12 are the resistors in series
* with the compensation: they work in the triode region, all others in saturation. Four transistors compare the outputs
* with VREF and steer a part of the first stage's tail current, M6. IBIAS gives 30 uA.
* w is the width of one finger.
.subckt ota3 VDD VSS INP INM OUTP OUTM IBIAS VREF
* first stage
M1 one_p INM   tail VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=4u nf=8
M2 one_m INP   tail VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=4u nf=8
M3 one_p IBIAS VDD  VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=16
M4 one_m IBIAS VDD  VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=16
M5 tail  nbias VSS  VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=9
M6 tail  cmctl VSS  VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=8
* second stage
M7  OUTP one_m VDD VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=4u nf=10
M8  OUTM one_p VDD VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=4u nf=10
M9  OUTP nbias VSS VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=16
M10 OUTM nbias VSS VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=16
* compensation
M11 comp_p VSS    one_m VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=2u nf=3
M12 comp_m VSS    one_p VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=2u nf=3
C1  OUTP   comp_p sky130_fd_pr__cap_mim_m3_1 w=26u l=26u
C2  OUTM   comp_m sky130_fd_pr__cap_mim_m3_1 w=26u l=26u
* common mode
M13 cmtail1 IBIAS VDD     VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=8
M14 cmtail2 IBIAS VDD     VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=8
M15 cmctl   OUTP  cmtail1 VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=2u nf=4
M16 cmref   VREF  cmtail1 VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=2u nf=4
M17 cmctl   OUTM  cmtail2 VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=2u nf=4
M18 cmref   VREF  cmtail2 VDD sky130_fd_pr__pfet_01v8_lvt l=0.5u w=2u nf=4
M19 cmctl   cmctl VSS     VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=4
M20 cmref   cmref VSS     VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=4
* bias
M21 IBIAS IBIAS VDD VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=8
M22 nbias IBIAS VDD VDD sky130_fd_pr__pfet_01v8     l=0.5u w=2u nf=8
M23 nbias nbias VSS VSS sky130_fd_pr__nfet_01v8_lvt l=0.5u w=2u nf=4
.ends ota3
